import type { Context } from "../measure.ts";
import { readCpu, spent } from "../proc.ts";
import { type Remote, startRemote } from "../remote.ts";
import { Rows, type Table } from "../rows.ts";
import { makeFolder, removeFolder } from "../servers/server.ts";
import type { FilledStore, Filling } from "../store/filled-store.ts";

const PROCESS = new URL("../store/process.ts", import.meta.url);
const EMPTY = "empty";
const FEW_NUMBERS = 1_000;
const WARM_UP = 10_000;

/** The store alone, through its ports: empty, and with what years bring. */
export async function store({ runs, quick, tell }: Context): Promise<Table> {
    const calls = quick ? 2_000 : 10_000;
    const [numbers, messages] = quick ? [10_000, 50_000] : [100_000, 1_000_000];
    const full = `${messages.toLocaleString("en")} messages, ${numbers.toLocaleString("en")} numbers`;
    const rows = new Rows();
    const stores = [
        start(EMPTY, { dir: makeFolder(), numbers: FEW_NUMBERS, messages: 0 }),
        start(full, { dir: makeFolder(), numbers, messages }),
    ];
    try {
        for (const { name, remote } of stores) {
            tell(`store: filling, ${name}`);
            rows.add("open", name, { "wall, ms": (await remote.call("fill")).result * 1000 });
            await remote.call("append", WARM_UP); // it compiles
            await remote.call("settle");
        }
        for (let run = 1; run <= runs; run++) {
            for (const { name, remote } of stores) {
                tell(`store: run ${run} of ${runs}, ${name}`);
                await measure(rows, name, remote, calls);
            }
        }
    } finally {
        for (const { remote, dir } of stores) {
            await remote.stop();
            removeFolder(dir);
        }
    }
    return {
        title: "The store as it grows",
        note: `The embedded store in a process of its own, through its ports, 64 calls under way, to numbers in random order. ${calls.toLocaleString("en")} calls a run. CPU is of all its threads for each call. A reconnect is what the store does when a board comes back. What expires does so in batches of 100.`,
        compared: ["CPU, µs"],
        peer: EMPTY,
        rows: rows.all(),
    };
}

function start(name: string, filling: Filling) {
    return { name, dir: filling.dir, remote: startRemote<FilledStore>(PROCESS, filling) };
}

async function measure(rows: Rows, name: string, remote: Remote<FilledStore>, calls: number): Promise<void> {
    const cpuOf = async (call: () => Promise<{ result: number | void }>) => {
        const before = readCpu(remote.pid);
        const { result } = await call();
        return { cpuUs: spent(remote.pid, before, readCpu(remote.pid)).allUs / calls, result };
    };
    rows.add("append", name, { "CPU, µs": (await cpuOf(() => remote.call("append", calls))).cpuUs });
    rows.add("settle", name, { "CPU, µs": (await cpuOf(() => remote.call("settle"))).cpuUs });
    await remote.call("append", calls);
    const { cpuUs, result } = await cpuOf(() => remote.call("expire"));
    rows.add("expire", name, { "CPU, µs": cpuUs, "longest batch, ms": result as number });
    rows.add("reconnect", name, { "CPU, µs": (await cpuOf(() => remote.call("reconnect", calls))).cpuUs });
}
