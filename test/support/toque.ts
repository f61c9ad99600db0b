import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newerThanBuilt } from "../../bin/built.mjs";
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

/** Starts the command as a user would. Its environment has none of this process' TOQUE_ variables. */
export function spawnToque(words: string[], environment: Record<string, string> = {}, cwd = ROOT, input = ""): Toque {
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TOQUE_")));
    const child = spawn(process.execPath, [LAUNCHER, ...words], {
        cwd,
        env: { ...own, NO_COLOR: "1", ...environment },
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

/** Runs a command to its end. @param input what it finds on its standard input */
export function runToque(
    words: string[],
    environment?: Record<string, string>,
    cwd?: string,
    input?: string,
): Promise<Ended> {
    return spawnToque(words, environment, cwd, input).ended;
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

/** Starts `toque serve` on free ports, in a folder of its own unless named; the caller removes the folder. */
export async function serveToque(
    words: string[] = [],
    data?: string,
    environment?: Record<string, string>,
): Promise<Served> {
    const folder = data ?? mkdtempSync(join(tmpdir(), "toque-served-"));
    const ports = ["--mqtt-port", "0", "--http-port", "0"];
    const toque = spawnToque(["serve", "--data", folder, ...ports, "--json", ...words], environment);
    const started = JSON.parse(await toque.firstLine) as Started;
    const client = new GatewayClient(started.url, readFileSync(started.adminTokenFile, "utf8").trim());
    const stop = () => {
        toque.child.kill("SIGTERM");
        return toque.ended;
    };
    return Object.assign(client, toque, started, { data: folder, stop });
}
