import type { Shape } from "../load/session.ts";
import { type Context, DETAILS, interleave, measureRun, withServer } from "../measure.ts";
import { Rows, type Table } from "../rows.ts";
import { warmUpOf } from "./push.ts";

const SHAPE: Shape = { by: "HTTP", boards: 16, publishers: 16, inflight: 1 };

/** Pushes by HTTP, one at a time on each connection. */
export async function http(context: Context): Promise<Table> {
    const messages = context.quick ? 4_000 : 10_000;
    const rows = new Rows();
    await interleave(context, context.toques, "http", (kind) =>
        withServer(kind, {}, async (server, load) => {
            await load.call("open", SHAPE);
            await load.call("run", warmUpOf(SHAPE.boards, context.quick));
            rows.add("", kind.name, await measureRun(server, load, messages));
        }),
    );
    return {
        title: "Push by HTTP",
        note: `${messages.toLocaleString("en")} messages of 64 octets a run to 16 boards, one at a time from each of 16 keep-alive connections.`,
        compared: [],
        details: DETAILS,
        rows: rows.all(),
    };
}
