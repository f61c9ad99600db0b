import { type Context, interleave, withServer } from "../measure.ts";
import { readCpu, readRss, spent } from "../proc.ts";
import { Rows, type Table } from "../rows.ts";

const BOARDS = 10_000;
/** A fleet's first messages and connects leave garbage; the heap is counted after a collection, and resident memory after a rest. */
const REST_MS = 4_000;

const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS));

/** A fleet that dials all at once, and then is there. */
export async function boards(context: Context): Promise<Table> {
    const count = context.quick ? 1_000 : BOARDS;
    const rows = new Rows();
    const kinds = context.kinds.filter(({ name }) => name !== "Redis streams" && name !== "RabbitMQ");
    await interleave({ ...context, runs: Math.min(2, context.runs) }, kinds, "boards", (kind) =>
        withServer(kind, { heap: true }, async (server, load) => {
            await load.call("prepare", count);
            await rest();
            const heapBefore = await server.heapUsed?.();
            const rssBefore = readRss(server.pid);
            const before = readCpu(server.pid);
            const { result } = await load.call("connect", count, count);
            const { allUs } = spent(server.pid, before, readCpu(server.pid));
            await rest();
            const rssAfter = readRss(server.pid);
            const heapAfter = await server.heapUsed?.();
            const each = (octets: number) => octets / count / 1024;
            rows.add("", kind.name, {
                "heap, KB a board": heapAfter && each(heapAfter - heapBefore!),
                "RSS, KB a board": each(rssAfter - rssBefore),
                "all online after, s": result.seconds,
                "cut and dialled again": result.cut,
                "server, µs a connect": allUs / count,
            });
        }),
    );
    return {
        title: "Connected boards",
        note: `${count.toLocaleString("en")} boards dial all at once, then say nothing. Heap is counted after a collection; both are what came on top of the server without boards.`,
        compared: [],
        rows: rows.all(),
    };
}
