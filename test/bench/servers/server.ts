import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Target } from "../load/target.ts";

/** A server under measurement, in a process of its own. */
export interface Server {
    target: Target;
    pid: number;
    /** The process' heap after a collection, in octets; undefined: it is not Node. */
    heapUsed?: () => Promise<number>;
    /** Ends it and removes what it stored. */
    stop(): Promise<void>;
}

/** What can be asked of a start. */
export interface StartOptions {
    /** `heapUsed` will be called */
    heap?: boolean;
    /** a file that gets a line for each flush to the disk: needs strace */
    flushes?: string;
}

/** Servers of one kind: each start is a new one with an empty store. */
export interface Kind {
    name: string;
    /** what it promises for a message that it has acknowledged */
    keeps: "in memory" | "in memory, saved now and then" | "on the disk";
    start(options?: StartOptions): Promise<Server>;
}

/** RabbitMQ takes ten seconds and more. */
const OPEN_TRIES = 1_200;
const running = new Set<ChildProcess>();
const folders = new Set<string>();

process.on("exit", () => {
    for (const child of running) process.kill(-child.pid!, "SIGKILL");
    for (const folder of folders) removeFolder(folder);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** What the children printed on standard error, the last of it. */
const errors = new WeakMap<ChildProcess, string>();

/** A child that ends with the bench, and its own children with it. */
export function startProcess(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...process.env, ...environment };
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    child.stderr.on("data", (chunk) => errors.set(child, `${errors.get(child) ?? ""}${String(chunk)}`.slice(-2_000)));
    child.on("exit", () => running.delete(child));
    return child;
}

/** The first line that a child prints; it rejects when the child ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
    let text = "";
    for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
        text += String(chunk);
        if (text.includes("\n")) break;
    }
    child.stdout!.resume();
    if (!text.includes("\n")) throw notStarted(child, "ended before its first line");
    return text.slice(0, text.indexOf("\n"));
}

/** Ends a child and its own children. Nothing of what they hold is wanted any more. */
export async function endProcess(child: ChildProcess): Promise<void> {
    if (!running.has(child)) return;
    const ended = once(child, "exit");
    process.kill(-child.pid!, "SIGKILL");
    await ended;
}

/** An empty folder below the system's one for temporary files, which TMPDIR names. */
export function makeFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-bench-"));
    folders.add(folder);
    return folder;
}

export function removeFolder(folder: string): void {
    // a process that was just killed may still write into it
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    folders.delete(folder);
}

export async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}

export async function untilOpen(port: number, child: ChildProcess): Promise<void> {
    for (let tries = 0; tries < OPEN_TRIES && child.exitCode === null; tries++) {
        const socket = connect(port, "127.0.0.1");
        const open = await new Promise<boolean>((resolve) => {
            socket.once("connect", () => resolve(true));
            socket.once("error", () => resolve(false));
        });
        socket.destroy();
        if (open) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw notStarted(child, `does not listen on port ${port}`);
}

function notStarted(child: ChildProcess, what: string): Error {
    return new Error(`${child.spawnargs.join(" ")} ${what}. ${errors.get(child) ?? ""}`);
}

/** The path of a command, in these folders first and then on the system's search path. Undefined: it is not installed. */
export function findCommand(name: string, ...folders: string[]): string | undefined {
    const searched = [...folders, ...(process.env.PATH ?? "").split(delimiter)];
    return searched.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
