import { join } from "node:path";
import { OPTIONS } from "../config.ts";
import { ADMIN_TOKEN_FILE } from "../directory/tokens.ts";
import { isLoopback } from "../limits/client-key.ts";
import { chooseFolder, readFound } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { readGatewayFile } from "./gateway-file.ts";

/** Where the gateway is and who asks: flags that every command but `serve` takes. */
export interface Target {
    url?: string;
    token?: string;
    data?: string;
}

const FALLBACK_URL = `http://127.0.0.1:${OPTIONS.httpPort.fallback}`;
const TOKEN = /^[\x21-\x7e]+$/;
/** A store that flushes slowly is not a gateway that is away. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Speaks to the running gateway. */
export interface Client {
    get<T>(path: string): Promise<T>;
    post<T>(path: string, body: object): Promise<T>;
    patch<T>(path: string, body: object): Promise<T>;
    remove<T>(path: string): Promise<T>;
}

/** @throws Failure from each call, with the gateway's own sentence or what to do when there was none */
export function createClient(target: Target, environment: NodeJS.ProcessEnv): Client {
    const folder = chooseFolder(target.data, environment);
    const named = target.url ?? set(environment.TOQUE_URL);
    const url = readAddress(named ?? readGatewayFile(folder)?.url ?? FALLBACK_URL);

    function token(): string {
        const given = target.token ?? set(environment.TOQUE_TOKEN);
        if (given !== undefined) {
            if (!TOKEN.test(given)) throw new Failure("This is not a token: a token has no spaces or other signs.", 2);
            return given;
        }
        // This folder's token is for this folder's gateway: one elsewhere gets it only when it is named.
        if (named !== undefined && !folder.named && !isLoopback(new URL(url).hostname)) {
            throw new Failure(`Which token is for ${url}? Give it with --token or TOQUE_TOKEN.`, 2);
        }
        const file = join(folder.data, ADMIN_TOKEN_FILE);
        const found = readFound(folder, ADMIN_TOKEN_FILE)?.trim();
        if (found !== undefined && TOKEN.test(found)) return found;
        const why = found === undefined ? `there is no file ${file} to be read` : `what the file ${file} holds is none`;
        throw new Failure(
            `No token: ${why}. Name the gateway's folder with --data, or give a token with --token or TOQUE_TOKEN.`,
            2,
        );
    }

    async function call<T>(method: string, path: string, body?: object): Promise<T> {
        const answer = await request(url, method, path, token(), body);
        const text = await answer.text();
        const document = parse(text);
        if (answer.ok && document !== undefined) return document as T;
        const { code, message } =
            (document as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
        if (typeof message === "string") throw new Failure(message, 3, code);
        throw new Failure(`${url} answered ${answer.status}, not as Toque does: is it the gateway's address?`, 4);
    }

    return {
        get: (path) => call("GET", path),
        post: (path, body) => call("POST", path, body),
        patch: (path, body) => call("PATCH", path, body),
        remove: (path) => call("DELETE", path),
    };
}

async function request(url: string, method: string, path: string, token: string, body?: object): Promise<Response> {
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
                4,
            );
        }
        throw new Failure(
            `There is no gateway at ${url}: start it with "toque serve", or name it with --url or --data.`,
            4,
        );
    }
}

/** @returns the address without slashes at its end. @throws Failure, whose sentence never holds what may be a password */
function readAddress(text: string): string {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const how = "write it as http://192.168.1.5:8080.";
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
        const shown = /[@?#]/.test(text) ? "The address in --url or TOQUE_URL" : `"${text}"`;
        throw new Failure(`${shown} is not an address: ${how}`, 2);
    }
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
        const sentence = `The gateway's address has a user name, a password or a query in it, which Toque does not use: ${how}`;
        throw new Failure(`${sentence} Give a token instead, in TOQUE_TOKEN.`, 2);
    }
    return text.replace(/\/+$/, "");
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
