import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, type Surroundings, startGateway } from "../../gateway/app.ts";
import { type Config, type Flags, readConfig } from "../../gateway/config.ts";
import { createLog } from "../../gateway/system/log.ts";

/** What a request was answered with. */
export interface Answer<T> {
    status: number;
    headers: Headers;
    /** the body's own octets as text, and what they say as JSON */
    text: string;
    body: T;
}

export interface ErrorBody {
    error: { code: string; message: string };
}

export interface Ask {
    /** "" for none; the admin's unless given */
    token?: string;
    /** sent as JSON; a text is sent as it is */
    body?: unknown;
    headers?: Record<string, string>;
}

/** A real gateway in this process, on ports and in a folder of its own. */
export interface RunningGateway {
    gateway: Gateway;
    config: Config;
    token: string;
    /** lines of its log so far */
    lines: string[];
    ask<T>(method: string, path: string, ask?: Ask): Promise<Answer<T>>;
    /** A token of this role, for numbers of this pattern. */
    makeToken(role: string, pattern?: string): Promise<string>;
    /** Registers a number. */
    register(number: string): Promise<{ number: string; route: string; secret: string }>;
    /** Ends the gateway, starts it again on the same folder. */
    restart(): Promise<RunningGateway>;
    stop(): Promise<void>;
}

/** Starts a gateway; `stop` it when done: that removes its folder. */
export async function runGateway(flags: Flags = {}, given: Partial<Surroundings> = {}): Promise<RunningGateway> {
    const data = flags.data ?? mkdtempSync(join(tmpdir(), "toque-gateway-"));
    const config = readConfig({ mqttPort: "0", httpPort: "0", ...flags, data }, {});
    const lines: string[] = [];
    const log = createLog("info", { write: (line: string) => void lines.push(line) });
    const gateway = await startGateway(config, { log, ...given });
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();

    async function ask<T>(method: string, path: string, given: Ask = {}): Promise<Answer<T>> {
        const { body } = given;
        const bearer = given.token ?? token;
        const answer = await fetch(gateway.url + path, {
            method,
            headers: {
                ...(bearer === "" ? {} : { Authorization: `Bearer ${bearer}` }),
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                ...given.headers,
            },
            body: body === undefined || typeof body === "string" ? body : bodyOf(body),
        });
        const text = await answer.text();
        const { status, headers } = answer;
        return { status, headers, text, body: parse(text) as T };
    }

    return {
        gateway,
        config,
        token,
        lines,
        ask,
        async makeToken(role, pattern) {
            return (await ask<{ token: string }>("POST", "/v1/tokens", { body: { role, pattern } })).body.token;
        },
        async register(number) {
            const { body } = await ask<{ number: string; route: string; secret: string }>("POST", "/v1/numbers", {
                body: { number },
            });
            return body;
        },
        async restart() {
            await gateway.close();
            return runGateway({ ...flags, data }, given);
        },
        async stop() {
            await gateway.close();
            rmSync(data, { recursive: true, force: true });
        },
    };
}

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> {
    return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
