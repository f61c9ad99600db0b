import { existsSync, readFileSync } from "node:fs";
import { GatewayError } from "../error.ts";
import { parseE164 } from "../number.ts";
import type { CommonFlags } from "./command.ts";
import { Failure } from "./failure.ts";

/** What a board is to have, as it was typed or as a file names it. */
export interface Wishes {
    board?: string;
    port?: string;
    number?: string;
    country?: string;
    label?: string;
    gateway?: string;
    ssid?: string;
    password?: string;
    code?: string;
    route?: string;
    secret?: string;
    app?: string;
    keepAlive?: string | number;
    ca?: string;
    replace?: boolean;
}

export interface FlashFlags extends CommonFlags, Omit<Wishes, "password" | "code" | "route" | "secret" | "number"> {
    config?: string;
    passwordFile?: string;
    codeFile?: string;
    credentialsFile?: string;
}

const NAMES = [
    ...["board", "port", "number", "country", "label", "gateway", "ssid", "password", "code", "route", "secret"],
    ...["app", "keepAlive", "ca", "replace"],
];

/** Flags, then files and variables for the secrets, then the file of --config. @throws Failure, which never repeats a secret */
export function readWishes(number: string | undefined, flags: FlashFlags, environment: NodeJS.ProcessEnv): Wishes {
    const { passwordFile, codeFile, credentialsFile, config } = flags;
    const wishes: Wishes = config === undefined ? {} : readJson(config, "--config");
    const unknown = Object.keys(wishes).find((name) => !NAMES.includes(name));
    if (unknown !== undefined)
        throw new Failure(`--config: nothing is called ${JSON.stringify(unknown)}: use ${NAMES.join(", ")}.`, 2);
    const { board, port, country, label, gateway, ssid, app, keepAlive, ca, replace } = flags;
    const { route, secret } = credentialsFile === undefined ? {} : readJson(credentialsFile, "--credentials-file");
    const secrets = {
        password:
            passwordFile === undefined ? environment.TOQUE_WIFI_PASSWORD : readLine(passwordFile, "--password-file"),
        code: codeFile === undefined ? environment.TOQUE_CODE : readLine(codeFile, "--code-file"),
    };
    const given = {
        number,
        board,
        port,
        country,
        label,
        gateway,
        ssid,
        app,
        keepAlive,
        ca,
        replace,
        route,
        secret,
        ...secrets,
    };
    for (const [name, value] of Object.entries(given))
        if (value !== undefined && value !== "") Object.assign(wishes, { [name]: value });
    check(wishes);
    return wishes;
}

function check({ keepAlive, app, ca, route, secret, code }: Wishes): void {
    if (keepAlive !== undefined && !(Number(keepAlive) >= 15 && Number(keepAlive) <= 300))
        throw new Failure("--keep-alive is 15 to 300 seconds.", 2);
    for (const [name, file] of Object.entries({ app, ca }))
        if (file !== undefined && !existsSync(file)) throw new Failure(`--${name}: there is no file ${file}.`, 2);
    if ((route === undefined) !== (secret === undefined))
        throw new Failure("A route and a secret go together: give both, or a code.", 2);
    if (route !== undefined && code !== undefined)
        throw new Failure("Give a code, or a route and a secret: a board needs the one or the other.", 2);
}

/** @throws Failure */
export function readNumber(typed: string, country?: string): string {
    try {
        return parseE164(typed, country);
    } catch (error) {
        if (error instanceof GatewayError) throw new Failure(error.message, 2);
        throw error;
    }
}

function read(file: string, flag: string): string {
    try {
        return readFileSync(file === "-" ? 0 : file, "utf8");
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new Failure(`${flag}: ${file} cannot be read (${code}).`, 2);
    }
}

/** A file's first line; it may hold a secret with spaces. */
function readLine(file: string, flag: string): string {
    return read(file, flag).split(/\r?\n/)[0]!;
}

function readJson(file: string, flag: string): Wishes {
    try {
        const value = JSON.parse(read(file, flag)) as Wishes | null;
        if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    } catch (error) {
        if (error instanceof Failure) throw error; // what JSON.parse has to say repeats the text
    }
    throw new Failure(
        `${flag}: ${file} is no JSON object, such as {"board":"espruino-esp32","port":"/dev/ttyUSB0"}.`,
        2,
    );
}
