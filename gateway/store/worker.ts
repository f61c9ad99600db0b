import { parentPort, workerData } from "node:worker_threads";
import type { BacklogSize } from "../ports/backlog.ts";
import { createCalls } from "./calls.ts";
import { openDatabase, type OpenedDatabase } from "./database.ts";
import { toFailure } from "./failures.ts";
import { runGroup } from "./group.ts";
import { flatten, readCalls, type Call, type FromWorker, type ToWorker } from "./protocol.ts";

/** Calls in one transaction: with more, the first one would wait too long. */
const MAX_GROUP = 1_000;
/** How long calls that nobody waits for wait for company: notes of what is done ride along with the next messages' commit. */
const LAZY_MS = 10;

if (parentPort !== null) serve(parentPort, workerData as { dir: string; backlog?: BacklogSize });

function serve(port: NonNullable<typeof parentPort>, { dir, backlog }: { dir: string; backlog?: BacklogSize }): void {
    const post = (message: FromWorker) => port.postMessage(message);
    let database: OpenedDatabase;
    try {
        database = openDatabase(dir);
    } catch (error) {
        post({ refused: toFailure(error) });
        port.close();
        return;
    }
    const { sql, file, start, notices } = database;
    const calls = createCalls(sql, file, start, backlog);
    const waiting: Call[] = [];
    let closing = false;
    /** runs while all that waits are calls that nobody waits for */
    let lazy: NodeJS.Timeout | undefined;

    /** What arrived while the last group was written is the next one. */
    function work(): void {
        clearTimeout(lazy);
        lazy = undefined;
        if (waiting.length > 0) {
            runGroup(sql, calls, waiting.splice(0, MAX_GROUP), (outcomes) => post(flatten(outcomes)));
        }
        if (waiting.length > 0) setImmediate(work);
        else if (closing) close();
    }

    function close(): void {
        try {
            database.close();
        } finally {
            port.close();
        }
    }

    port.on("message", (message: ToWorker) => {
        const arrived = Array.isArray(message) ? readCalls(message) : [];
        if (!Array.isArray(message)) closing = true;
        const hurried = closing || arrived.some(({ name }) => calls.byName.get(name)?.lazy !== true);
        if (waiting.length === 0 || (hurried && lazy !== undefined)) {
            clearTimeout(lazy);
            lazy = hurried ? undefined : setTimeout(work, LAZY_MS);
            if (hurried) setImmediate(work);
        }
        waiting.push(...arrived);
    });
    post({ opened: true, calls: [...calls.byName.keys()], notices });
}
