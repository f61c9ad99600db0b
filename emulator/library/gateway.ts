import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

// In the repository and in the package the command is three folders above.
const TOQUE = fileURLToPath(new URL("../../bin/toque.mjs", import.meta.url));

/** How often `settled` looks. */
const LOOK_EVERY_MS = 50;
const SETTLED = ["delivered", "read", "expired", "collapsed", "dropped", "failed"];

export interface GatewayOptions {
    /** Folder of its store, which stays. Default: a temporary one, removed by `stop`. */
    data?: string;
    /** 0, any free one, unless given. A gateway that is started again for the same boards needs the same. */
    mqttPort?: number;
    /** More of what `toque serve --help` names, as words: `["--backlog-messages", "10"]`. */
    options?: string[];
}

/** What a board is flashed with. */
export interface Registered {
    number: string;
    route: string;
    secret: string;
}

export interface Receipt {
    id: string;
    to: string;
    sequence: number;
    state: string;
    history: { state: string; at: string; why?: string }[];
}

/** A gateway in a process of its own, on 127.0.0.1. */
export interface TestGateway {
    /** as `startDevice` wants it */
    readonly address: { host: string; port: number };
    /** of its HTTP interface, and the admin's token for it */
    readonly url: string;
    readonly token: string;
    readonly data: string;
    /** Registers a number; a board that had it is ended. */
    addNumber(number: string): Promise<Registered>;
    /** Resolves when the message is stored. @param more title, urgency, ttlS, collapseKey … */
    send(to: string, body: string, more?: Record<string, unknown>): Promise<Receipt>;
    /** The receipt, when the message is delivered or will never be. */
    settled(id: string, withinMs?: number): Promise<Receipt>;
    /** Any request of `/v1/openapi.json`. Rejects with the gateway's sentence. */
    ask<T>(method: string, path: string, body?: unknown): Promise<T>;
    /** SIGTERM; or SIGKILL, as a power cut would end it. */
    stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** The first line of `toque serve --json`. */
interface Started {
    url: string;
    mqttPort: number;
    adminTokenFile: string;
}

/** Starts a gateway. Rejects with its standard error. */
export async function startGateway({ data, mqttPort = 0, options = [] }: GatewayOptions = {}): Promise<TestGateway> {
    const folder = data ?? mkdtempSync(join(tmpdir(), "toque-gateway-"));
    const removeFolder = (): void => {
        if (data === undefined) rmSync(folder, { recursive: true, force: true });
    };
    const ports = ["--mqtt-port", String(mqttPort), "--http-port", "0"];
    const words = [TOQUE, "serve", "--data", folder, "--host", "127.0.0.1", ...ports, "--json", ...options];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-10_000)));
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end); // a test that throws leaves no gateway behind
    const ended = new Promise<void>((resolve) => {
        child.once("close", () => {
            process.off("exit", end);
            resolve();
        });
    });
    const line = await new Promise<string>((resolve, reject) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (more: string) => {
            text += more;
            if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
        });
        void ended.then(() => {
            removeFolder();
            reject(new Error(`The gateway did not start. ${errors}`));
        });
    });
    const { url, mqttPort: port, adminTokenFile } = JSON.parse(line) as Started;
    const token = readFileSync(adminTokenFile, "utf8").trim();

    async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
        const answer = await fetch(url + path, {
            method,
            headers: body === undefined ? { Authorization: headers.Authorization } : headers,
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        const parsed = (text === "" ? {} : JSON.parse(text)) as T & { error?: { message: string } };
        if (!answer.ok) throw new Error(parsed.error?.message ?? `The gateway answers ${answer.status}.`);
        return parsed;
    }

    return {
        address: { host: "127.0.0.1", port },
        url,
        token,
        data: folder,
        ask,
        addNumber: (number) => ask("POST", "/v1/numbers", { number }),
        send: (to, body, more = {}) => ask("POST", "/v1/messages", { ...more, to, body }),
        async settled(id, withinMs = 20_000) {
            const endMs = performance.now() + withinMs;
            for (;;) {
                const receipt = await ask<Receipt>("GET", `/v1/messages/${encodeURIComponent(id)}`);
                if (SETTLED.includes(receipt.state)) return receipt;
                if (performance.now() > endMs)
                    throw new Error(`Message ${id} is still ${receipt.state} after ${withinMs} ms.`);
                await sleep(LOOK_EVERY_MS);
            }
        },
        async stop(signal = "SIGTERM") {
            child.kill(signal);
            await ended;
            removeFolder();
        },
    };
}
