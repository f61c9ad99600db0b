import { parentPort, workerData } from "node:worker_threads";
import type { BacklogSize } from "../ports/backlog.ts";
import { createCalls } from "./calls.ts";
import { openDatabase, type OpenedDatabase } from "./database.ts";
import { toFailure } from "./failures.ts";
import { runGroup } from "./group.ts";
import { flatten, readCalls, type FromWorker, type ToWorker } from "./protocol.ts";

/** Calls in one transaction: with more, the first one would wait too long. */
const MAX_GROUP = 1_000;

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

    port.on("message", (message: ToWorker) => {
        if (!Array.isArray(message)) return close();
        const arrived = readCalls(message);
        while (arrived.length > 0) {
            runGroup(sql, calls, arrived.splice(0, MAX_GROUP), (outcomes) => post(flatten(outcomes)));
        }
    });

    function close(): void {
        try {
            database.close();
        } finally {
            port.close();
        }
    }

    post({ opened: true, calls: [...calls.byName.keys()], notices });
}
