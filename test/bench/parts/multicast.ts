import { type Context, DETAILS, interleave, measureRun, withServer } from "../measure.ts";
import { Rows, type Table } from "../rows.ts";

const NUMBERS = 1_000;

/** One message to many numbers in one request. */
export async function multicast(context: Context): Promise<Table> {
    const rounds = context.quick ? 4 : 20;
    const rows = new Rows();
    await interleave(context, context.toques, "multicast", async (kind) => {
        try {
            await withServer(kind, {}, async (server, load) => {
                await load.call("openMulticast", NUMBERS);
                await load.call("run", (context.quick ? 2 : 10) * NUMBERS);
                rows.add("", kind.name, await measureRun(server, load, rounds * NUMBERS));
            });
        } catch (error) {
            if (!(error as Error).message.includes("/v1/messages: 400")) throw error;
            context.tell(`skipped: multicast, ${(error as Error).message}`);
        }
    });
    return {
        title: "Multicast",
        note: `${rounds} requests a run, one at a time, each with one message of 64 octets to ${NUMBERS.toLocaleString("en")} numbers whose boards are online. Figures are for each number; a request is accepted and shown when the last of its numbers is.`,
        compared: [],
        details: DETAILS,
        rows: rows.all(),
    };
}
