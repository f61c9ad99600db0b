import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { filesOf, STORE_FILE } from "../../gateway/store/store-files.ts";

/** What can be wrong with the disk under a process that runs, and comes right again. */
export interface Illness {
    name: string;
    /** every commit fails; otherwise some do, or they only take long */
    refuses: boolean;
    /** why this machine cannot make it, or false */
    skip: string | false;
    /** @param folder the store's @returns makes the disk well again */
    begin: (pid: number, folder: string) => Promise<() => Promise<void>>;
}

/** What `strace -e inject=` does to the system calls on the store's files. */
const INJECTIONS: [name: string, refuses: boolean, inject: string][] = [
    ["flushes fail", true, "fsync,fdatasync:error=EIO"],
    ["writes fail", true, "pwrite64:error=EIO"],
    ["room ends in the middle of a commit", true, "pwrite64:error=ENOSPC:when=4+"],
    ["every hundredth write fails", false, "pwrite64:error=EIO:when=10+100"],
    ["every third flush fails", false, "fsync,fdatasync:error=EIO:when=1+3"],
    ["flushes take 200 ms", false, "fsync,fdatasync:delay_enter=200000"],
];

const strace = (pid: number, ...words: string[]): ChildProcess =>
    spawn("strace", ["-f", "-p", `${pid}`, "-o", "/dev/null", ...words], { stdio: ["ignore", "ignore", "pipe"] });

/** Resolves true when it has attached to the process, false when it may not. */
function hasAttached(tracer: ChildProcess): Promise<boolean> {
    return new Promise((resolve) => {
        let text = "";
        tracer.stderr!.setEncoding("utf8").on("data", (more: string) => {
            text += more;
            if (text.includes(" attached")) resolve(true);
        });
        tracer.once("error", () => resolve(false)).once("close", () => resolve(false));
    });
}

async function detach(tracer: ChildProcess): Promise<void> {
    if (tracer.exitCode !== null || tracer.signalCode !== null) return; // with the process
    const closed = once(tracer, "close");
    tracer.kill("SIGTERM");
    await closed;
}

async function whyNoStrace(): Promise<string | false> {
    if (spawnSync("strace", ["-V"]).error !== undefined) return "strace is not installed";
    const sleeper = spawn("sleep", ["60"]);
    const tracer = strace(sleeper.pid!, "-e", "inject=fsync:error=EIO");
    const may = await hasAttached(tracer);
    if (may) await detach(tracer);
    sleeper.kill();
    return may ? false : "strace may not attach to another process here";
}

/** A limit on the size of its files is what a process can have of a full disk without rights. Node ignores the signal that comes with it. */
const LIMITED: Illness = {
    name: "files may not grow",
    refuses: true,
    skip: spawnSync("prlimit", ["--version"]).error !== undefined && "prlimit is not installed",
    begin(pid) {
        const limit = (octets: string) => {
            const { status, stderr } = spawnSync("prlimit", ["--pid", `${pid}`, `--fsize=${octets}:`]);
            if (status !== 0) throw new Error(`prlimit: ${stderr.toString()}`);
            return Promise.resolve();
        };
        // Of a new log, the first page fits.
        return limit("6000").then(() => () => limit("unlimited"));
    },
};

/** All of them, those that this machine cannot make included. */
export async function illnesses(): Promise<Illness[]> {
    const skip = await whyNoStrace();
    const injected = INJECTIONS.map(([name, refuses, inject]): Illness => ({
        name,
        refuses,
        skip,
        async begin(pid, folder) {
            const paths = filesOf(join(folder, STORE_FILE)).flatMap((path) => ["-P", path]);
            const tracer = strace(pid, ...paths, "-e", `inject=${inject}`);
            if (!(await hasAttached(tracer))) throw new Error(`strace did not attach to ${pid}`);
            return () => detach(tracer);
        },
    }));
    return [LIMITED, ...injected];
}
