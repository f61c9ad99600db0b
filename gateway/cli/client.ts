import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OPTIONS } from "../config.ts";
import { Failure } from "./failure.ts";
import { readGatewayFile } from "./gateway-file.ts";

/** Where the gateway is and who asks: flags that every command but `serve` takes. */
export interface Target {
    url?: string;
    token?: string;
    data?: string;
}

const FALLBACK_URL = `http://127.0.0.1:${OPTIONS.httpPort.fallback}`;
/** A store that flushes slowly is not a gateway that is away. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Speaks to the running gateway. */
export interface Client {
    get<T>(path: string): Promise<T>;
    post<T>(path: string, body: object): Promise<T>;
    remove<T>(path: string): Promise<T>;
}

/** @throws Failure from each call, with the gateway's own sentence or what to do when there was none */
export function createClient(target: Target, environment: NodeJS.ProcessEnv): Client {
    const data = target.data ?? set(environment.TOQUE_DATA) ?? OPTIONS.data.fallback;
    const named = target.url ?? set(environment.TOQUE_URL);
    const url = (named ?? readGatewayFile(data)?.url ?? FALLBACK_URL).replace(/\/+$/, "");
    const dataNamed = target.data !== undefined || set(environment.TOQUE_DATA) !== undefined;

    function token(): string {
        const given = target.token ?? set(environment.TOQUE_TOKEN);
        if (given !== undefined) {
            if (!/^[\x21-\x7e]+$/.test(given))
                throw new Failure("That is no token: it has no spaces or other signs.", 2);
            return given;
        }
        // This folder's token is for this folder's gateway: one elsewhere gets it only if somebody says so.
        if (named !== undefined && !dataNamed && !isLoopback(url)) {
            throw new Failure(`Which token is for ${url}? Give it with --token or TOQUE_TOKEN.`);
        }
        try {
            return readFileSync(join(data, "admin-token"), "utf8").trim();
        } catch {
            throw new Failure(
                `No token: there is no file ${join(data, "admin-token")} to be read. Name the gateway's folder with --data, or give a token with --token or TOQUE_TOKEN.`,
            );
        }
    }

    async function call<T>(method: string, path: string, body?: object): Promise<T> {
        const answer = await request(url, method, path, token(), body);
        const text = await answer.text();
        const document = parse(text);
        if (answer.ok && document !== undefined) return document as T;
        const message = (document as { error?: { message?: unknown } } | undefined)?.error?.message;
        if (typeof message === "string") throw new Failure(message);
        throw new Failure(`${url} answered ${answer.status}, not as Toque does: is it the gateway's address?`);
    }

    return {
        get: (path) => call("GET", path),
        post: (path, body) => call("POST", path, body),
        remove: (path) => call("DELETE", path),
    };
}

async function request(url: string, method: string, path: string, token: string, body?: object): Promise<Response> {
    if (!URL.canParse(url)) throw new Failure(`"${url}" is no address: write it as http://192.168.1.5:8080.`, 2);
    try {
        return await fetch(url + path, {
            method,
            headers: {
                Authorization: `Bearer ${token}`,
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            },
            body: body === undefined ? null : JSON.stringify(body),
            redirect: "error",
            signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        });
    } catch (error) {
        if ((error as Error).name === "TimeoutError") {
            throw new Failure(
                `The gateway at ${url} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s: look at its log.`,
            );
        }
        throw new Failure(
            `There is no gateway at ${url}: start it with "toque serve", or say where it is with --url or --data.`,
        );
    }
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function set(variable: string | undefined): string | undefined {
    return variable === "" ? undefined : variable;
}

function isLoopback(url: string): boolean {
    const host = URL.canParse(url) ? new URL(url).hostname : "";
    return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
