import { type Context } from "../measure.ts";
import { readCpu, readRss, spent } from "../proc.ts";
import { Rows, type Table } from "../rows.ts";

const REST_MS = 20_000;

/** Servers without anything to do, started together. */
export async function rest(context: Context): Promise<Table> {
    const rows = new Rows();
    context.tell(`rest: ${REST_MS / 1000} s`);
    // what stands for a program on tsx is no server that anybody runs
    const kinds = context.kinds.filter(({ name }) => name !== "Aedes alone" && name !== "bare Node");
    const servers = await Promise.all(kinds.map((kind) => kind.start()));
    try {
        const before = servers.map(({ pid }) => readCpu(pid));
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
        servers.forEach(({ pid }, index) => {
            const { allUs } = spent(pid, before[index]!, readCpu(pid));
            rows.add("", kinds[index]!.name, {
                "RSS, MB": readRss(pid) / 1024 / 1024,
                "CPU, ms a minute": (allUs / REST_MS) * 60,
            });
        });
    } finally {
        for (const server of servers) await server.stop();
    }
    return {
        title: "At rest",
        note: `${REST_MS / 1000} s after the start, without boards.`,
        compared: [],
        rows: rows.all(),
    };
}
