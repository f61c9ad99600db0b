import { type Context, DETAILS, interleave, withServer } from "../measure.ts";
import { readCpu, spent } from "../proc.ts";
import { Rows, type Table } from "../rows.ts";

const BOARDS = 2_000;
const WARM_UP = 1_000;
const TOGETHER = 100;

/** CONNECT, SUBSCRIBE and the registration of a board that the server does not know yet. */
export async function connect(context: Context): Promise<Table> {
    const rows = new Rows();
    const boards = context.quick ? 500 : BOARDS;
    const kinds = context.kinds.filter(({ name }) => name !== "Redis streams" && name !== "RabbitMQ");
    await interleave(context, kinds, "connect", (kind) =>
        withServer(kind, {}, async (server, load) => {
            await load.call("prepare", WARM_UP + boards);
            await load.call("connect", WARM_UP, TOGETHER);
            await new Promise((resolve) => setTimeout(resolve, 500));
            const before = readCpu(server.pid);
            const { result, cpuUs } = await load.call("connect", boards, TOGETHER);
            await new Promise((resolve) => setTimeout(resolve, 200));
            const { allUs, mainUs, secondUs } = spent(server.pid, before, readCpu(server.pid));
            rows.add("", kind.name, {
                "server, µs": allUs / boards,
                "main thread": mainUs / boards,
                "next thread": secondUs / boards,
                "connects a second": boards / result.seconds,
                "load, µs": cpuUs / boards,
            });
        }),
    );
    return {
        title: "Connect",
        note: `${boards.toLocaleString("en")} boards, ${TOGETHER} dialling at a time, after ${WARM_UP.toLocaleString("en")} others. On Toque a connect includes the stored registration.`,
        compared: ["server, µs"],
        details: DETAILS,
        rows: rows.all(),
    };
}
