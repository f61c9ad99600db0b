import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { plain } from "../shared/terminal.ts";
import type { Settings } from "../device/core/settings.ts";
import { frame } from "../device/slots.ts";

/** A flash command's options. */
export interface FlashOptions {
    /** a serial port's path, or tcp://host:port for a serial server */
    port: string;
    settings: Settings;
    /** flat JSON by slot: "config", and "credentials" unless a code was given */
    slots: Map<string, string>;
    /** the application's file; undefined: messages are printed */
    app: string | undefined;
}

/** A sentence for the person at the command line. */
export class FlashError extends Error {}

const USAGE = `--port PORT --gateway HOST[:1883] --number +34600111222 (--route R --secret S | --code C)
    [--ssid NAME --password TEXT] [--app FILE] [--keep-alive SECONDS] [--ca FILE]

  --port     the board's serial port (/dev/ttyUSB0, COM3), or tcp://HOST:PORT
  --gateway  where "toque serve" listens for boards
  --route, --secret   as "toque number add" printed them; or --code, as "toque code" did
  --ssid     without it the board joins the network that its firmware remembers
  --app      what to do with a message: see device/examples`;

function readPort(text: string): { host: string; port: number } {
    const [host = "", port = "1883", ...more] = text.split(":");
    if (host === "" || more.length > 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65535) {
        throw new FlashError(`--gateway is a name or an address, and a port if it is not 1883: not "${text}".`);
    }
    return { host, port: Number(port) };
}

/** @param file PEM @returns DER in base64, as boards keep it */
function readCertificate(file: string): string {
    try {
        return new X509Certificate(readFileSync(file)).raw.toString("base64");
    } catch {
        throw new FlashError(`--ca: ${file} is not a certificate in PEM.`);
    }
}

/** Text as a board has it: one character for each octet of UTF-8. */
export function octetsOf(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

/** Reads the command line. @param script the command's name, for the usage */
export function readOptions(script: string, words: string[]): FlashOptions {
    const text = { type: "string" } as const;
    const options = {
        ...{ port: text, gateway: text, number: text, route: text, secret: text, code: text },
        ...{ ssid: text, password: text, app: text, "keep-alive": text, ca: text, help: { type: "boolean" } as const },
    };
    let values: Partial<Record<keyof typeof options, string | boolean>>;
    try {
        values = parseArgs({ args: words, options }).values;
    } catch (error) {
        throw new FlashError(`${error instanceof Error ? error.message : String(error)}\n\nUse: ${script} ${USAGE}`);
    }
    const textOf = (name: keyof typeof options) => values[name] as string | undefined;
    if (values.help === true) throw new FlashError(`Use: ${script} ${USAGE}`);
    const { port, gateway, number } = { port: textOf("port"), gateway: textOf("gateway"), number: textOf("number") };
    if (port === undefined || gateway === undefined || number === undefined) {
        throw new FlashError(`--port, --gateway and --number are needed.\n\nUse: ${script} ${USAGE}`);
    }
    if (!/^\+[1-9]\d{1,14}$/.test(number)) {
        throw new FlashError(
            `--number is "+", country code and number, digits only, as "toque number add" prints it: not "${number}".`,
        );
    }
    const { route, secret, code } = { route: textOf("route"), secret: textOf("secret"), code: textOf("code") };
    if (
        code === undefined ? route === undefined || secret === undefined : route !== undefined || secret !== undefined
    ) {
        throw new FlashError("Give --route and --secret, or --code: a board needs the one or the other.");
    }
    const keepAlive = textOf("keep-alive");
    if (keepAlive !== undefined && !(Number(keepAlive) >= 15 && Number(keepAlive) <= 300)) {
        throw new FlashError("--keep-alive is 15 to 300 seconds.");
    }
    for (const name of ["app", "ca"] as const) {
        const file = textOf(name);
        if (file !== undefined && !existsSync(file)) throw new FlashError(`--${name}: there is no file ${file}.`);
    }
    const ca = textOf("ca");
    const settings: Settings = {
        ...readPort(gateway),
        number,
        code,
        ssid: textOf("ssid"),
        password: textOf("password"),
        keepAliveS: keepAlive === undefined ? undefined : Math.floor(Number(keepAlive)),
        ca: ca === undefined ? undefined : readCertificate(ca),
    };
    const slots = new Map([["config", octetsOf(JSON.stringify(settings))]]);
    if (code === undefined) slots.set("credentials", JSON.stringify({ route, secret }));
    return { port, settings, slots, app: textOf("app") };
}

/** The files of the slots. Each name has two: the first is the new text, the second is empty, so that the first counts. */
export function slotFiles(slots: Map<string, string>): [name: string, octets: Buffer][] {
    return [...slots].flatMap(([name, text]): [string, Buffer][] => [
        [`toque-${name}0`, Buffer.from(frame(1, text), "latin1")],
        [`toque-${name}1`, Buffer.alloc(0)],
    ]);
}

/** Runs a script; a `FlashError` is printed as a sentence, and the exit code is 1. */
export async function main(run: () => Promise<void>): Promise<void> {
    try {
        await run();
    } catch (error) {
        if (!(error instanceof FlashError)) throw error;
        console.error(error.message.split("\n").map(plain).join("\n")); // some of it the board has printed
        process.exitCode = 1;
    }
}
