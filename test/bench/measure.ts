import type { Session } from "./load/session.ts";
import { type Remote, startRemote } from "./remote.ts";
import type { Figures } from "./rows.ts";
import { readCpu, readWritten, spent } from "./proc.ts";
import type { Kind, Server, StartOptions } from "./servers/server.ts";

const LOAD = new URL("./load/process.ts", import.meta.url);
export type Load = Remote<Session>;

/** What the parts share. */
export interface Context {
    /** Toque first, then other versions of it and the peers that are installed */
    kinds: Kind[];
    /** this version, and others that were asked for */
    toques: Kind[];
    runs: number;
    /** fewer and shorter: to see that the bench works */
    quick: boolean;
    /** Prints a line of progress. */
    tell: (line: string) => void;
}

/** Runs `use` with a new server and a load for it, and ends both. */
export async function withServer<Result>(
    kind: Kind,
    options: StartOptions,
    use: (server: Server, load: Load) => Promise<Result>,
): Promise<Result> {
    const server = await kind.start(options);
    const load: Load = startRemote(LOAD, server.target);
    try {
        return await use(server, load);
    } catch (error) {
        throw new Error(`${kind.name}: ${(error as Error).message}`, { cause: error });
    } finally {
        await load.stop();
        await server.stop();
    }
}

/** Figures of `measureRun` that only developers want. */
export const DETAILS = ["main thread", "next thread", "octets written"];

/** Publishes messages that were opened before. The figures of one run: µs are CPU, a message. */
export async function measureRun(server: Server, load: Load, messages: number): Promise<Figures> {
    const cpuBefore = readCpu(server.pid);
    const writtenBefore = readWritten(server.pid);
    const { result, cpuUs } = await load.call("run", messages);
    const { allUs, mainUs, secondUs } = spent(server.pid, cpuBefore, readCpu(server.pid));
    return {
        "server, µs": allUs / messages,
        "main thread": mainUs / messages,
        "next thread": secondUs / messages,
        "messages a second": messages / result.seconds,
        "accepted p50, ms": result.acceptedP50Ms,
        p99: result.acceptedP99Ms,
        "shown p50, ms": result.shownP50Ms,
        "octets written": (readWritten(server.pid) - writtenBefore) / messages,
        "load, µs": cpuUs / messages,
    };
}

/** Every server in turn, then again: what else the machine does is spread over all. */
export async function interleave(
    { runs, tell }: Context,
    kinds: Kind[],
    what: string,
    measure: (kind: Kind) => Promise<void>,
): Promise<void> {
    for (let run = 1; run <= runs; run++) {
        for (const kind of kinds) {
            tell(`${what}: run ${run} of ${runs}, ${kind.name}`);
            await measure(kind);
        }
    }
}
