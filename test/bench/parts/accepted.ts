import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Context, interleave, withServer } from "../measure.ts";
import { median, Rows, type Table } from "../rows.ts";
import { makeFolder, removeFolder } from "../servers/server.ts";

/** What a small commit of SQLite's log writes before it is flushed. */
const COMMIT_OCTETS = 2 * 4_120;
const FLUSHES = 300;

/** Appends and flushes, as often as a median needs. @returns the median in milliseconds */
function flushMs(): number {
    const folder = makeFolder();
    const file = openSync(join(folder, "flushed"), "w");
    const data = Buffer.alloc(COMMIT_OCTETS, 1);
    const times = Array.from({ length: FLUSHES }, () => {
        const startMs = performance.now();
        writeSync(file, data);
        fdatasyncSync(file);
        return performance.now() - startMs;
    });
    closeSync(file);
    removeFolder(folder);
    return median(times);
}

/** One publisher with one message under way: how long it waits. */
export async function accepted(context: Context): Promise<Table> {
    const { quick, kinds } = context;
    const messages = quick ? 200 : 500;
    const rows = new Rows();
    await interleave({ ...context, runs: Math.min(3, context.runs) }, kinds, "accepted", (kind) =>
        withServer(kind, {}, async (server, load) => {
            for (const by of server.target.http === undefined ? (["MQTT"] as const) : (["MQTT", "HTTP"] as const)) {
                const flush = kind.keeps === "on the disk" ? flushMs() : undefined;
                await load.call("open", { by, boards: 1, publishers: 1, inflight: 1 });
                await load.call("run", messages);
                const { result } = await load.call("run", messages);
                await load.call("close");
                rows.add(by, kind.name, {
                    "accepted p50, ms": result.acceptedP50Ms,
                    p99: result.acceptedP99Ms,
                    "shown p50, ms": result.shownP50Ms,
                    "flush, ms": flush,
                    "accepted − flush": flush && result.acceptedP50Ms - flush,
                });
            }
        }),
    );
    return {
        title: "Accepted, one at a time",
        note: `${messages.toLocaleString("en")} messages a run from one publisher to one board. Beside it the time of one flush of this disk (${COMMIT_OCTETS} octets appended, then fdatasync; median of ${FLUSHES}), measured just before; servers that keep messages in memory do not wait for it.`,
        compared: [],
        rows: rows.all(),
    };
}
