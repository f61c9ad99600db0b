import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newerThanBuilt } from "../../bin/built.mjs";
import { run } from "../../gateway/cli/program.ts";
import { GatewayClient } from "./gateway-client.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAUNCHER = join(ROOT, "bin/toque.mjs");
/** Longer than any command takes on a slow machine. */
const END_TIMEOUT_MS = 300_000;

// What these tests run is built: `npm test` builds it first, and after an edit `npm run build` does.
const newer = newerThanBuilt(join(ROOT, "dist/gateway"), [join(ROOT, "gateway"), join(ROOT, "shared")]);
if (newer !== undefined) throw new Error(`${newer} is newer than dist/gateway: run "npm run build" first.`);

/** What a process left behind. */
export interface Ended {
    /** the exit code, or the signal that ended it */
    status: number | string;
    stdout: string;
    stderr: string;
}

export interface Toque {
    child: ChildProcess;
    ended: Promise<Ended>;
    /** The first whole line of standard output. Rejects when the process ends before. */
    firstLine: Promise<string>;
}

/** What a command finds: none of this process' TOQUE_ variables. */
function environmentWith(variables: Record<string, string>): NodeJS.ProcessEnv {
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TOQUE_")));
    return { ...own, NO_COLOR: "1", ...variables };
}

/** Starts the command as a user would. */
export function spawnToque(words: string[], environment: Record<string, string> = {}, cwd = ROOT, input = ""): Toque {
    const child = spawn(process.execPath, [LAUNCHER, ...words], {
        cwd,
        env: environmentWith(environment),
        stdio: "pipe",
    });
    child.stdin.on("error", () => {}).end(input);
    let stdout = "";
    let stderr = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
    const ended = new Promise<Ended>((resolve) => {
        child.on("close", (code, signal) => {
            clearTimeout(timer);
            resolve({ status: code ?? signal ?? "", stdout, stderr });
        });
    });
    const firstLine = new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
            const end = stdout.indexOf("\n");
            if (end >= 0) resolve(stdout.slice(0, end));
        });
        void ended.then(({ status }) => reject(new Error(`ended with ${status} before its first line: ${stderr}`)));
    });
    firstLine.catch(() => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return { child, ended, firstLine };
}

/** The one JSON document that a command has printed. */
export function documentOf<T>({ status, stdout, stderr }: Ended): T {
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(stdout.indexOf("\n"), stdout.length - 1);
    return JSON.parse(stdout) as T;
}

/** Commands that are about their process: its signals, its listeners, its own build. */
const PROCESSES = ["serve", "emulate"];

/** Runs a command to its end: in this process, since a start of Node takes most of a command's time, but for PROCESSES. One at a time. */
export function runToque(words: string[], environment: Record<string, string> = {}, cwd = ROOT): Promise<Ended> {
    return PROCESSES.includes(words[0] ?? "")
        ? spawnToque(words, environment, cwd).ended
        : runHere(words, environment, cwd);
}

/** What a command prints here, and not the test runner, which writes its results to the same streams. */
const printed = new AsyncLocalStorage<Record<"stdout" | "stderr", string>>();
for (const name of ["stdout", "stderr"] as const) {
    const write = process[name].write.bind(process[name]) as (...words: unknown[]) => boolean;
    process[name].write = (...words: unknown[]) => {
        const texts = printed.getStore();
        if (texts === undefined) return write(...words);
        texts[name] += String(words[0]);
        return true;
    };
}

/** The command that runs here. */
let here: string[] | undefined;

async function runHere(words: string[], environment: Record<string, string>, cwd: string): Promise<Ended> {
    assert.equal(here, undefined, "one command at a time: they share this process' folder and environment");
    here = words;
    const before = { env: process.env, cwd: process.cwd() };
    const texts = { stdout: "", stderr: "" };
    try {
        process.env = environmentWith(environment);
        process.chdir(cwd);
        return { status: await printed.run(texts, () => run(words)), ...texts };
    } finally {
        process.env = before.env;
        process.chdir(before.cwd);
        here = undefined;
    }
}
/** The first line of `toque serve --json`. */
interface Started {
    url: string;
    mqttPort: number;
    httpPort: number;
    adminTokenFile: string;
    tlsPort?: number;
}

/** A gateway in a process of its own. */
export interface Served extends Toque, Started, GatewayClient {
    data: string;
    /** Sends SIGTERM and waits for its end. */
    stop(): Promise<Ended>;
}

/** `toque serve` on free ports. */
export const serveWords = (folder: string): string[] => [
    "serve",
    "--data",
    folder,
    "--mqtt-port",
    "0",
    "--http-port",
    "0",
    "--json",
];

/** Starts `toque serve` on free ports, in a folder of its own unless named; the caller removes the folder. */
export async function serveToque(
    words: string[] = [],
    data?: string,
    environment?: Record<string, string>,
): Promise<Served> {
    const folder = data ?? mkdtempSync(join(tmpdir(), "toque-served-"));
    const toque = spawnToque([...serveWords(folder), ...words], environment);
    const started = JSON.parse(await toque.firstLine) as Started;
    const client = new GatewayClient(started.url, readFileSync(started.adminTokenFile, "utf8").trim());
    const stop = () => {
        toque.child.kill("SIGTERM");
        return toque.ended;
    };
    return Object.assign(client, toque, started, { data: folder, stop });
}
