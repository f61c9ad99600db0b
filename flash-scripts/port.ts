import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type * as Serial from "serialport";
import { FlashError } from "./plan.ts";

/** Time a board gets to answer: a flash page may have to be erased first. */
export const ANSWER_MS = 10_000;
/** What was sent may be echoed, and holds secrets in base64 or hexadecimal digits. No word of a board is so long. */
const MAY_BE_SECRET = /[\w+/=-]{24,}/g;

/** A serial port of this machine. */
export interface Found {
    path: string;
    /** what its maker calls it; "": nothing is known */
    name: string;
}

async function load(): Promise<typeof Serial> {
    try {
        return await import("serialport");
    } catch {
        throw new FlashError('Serial ports need the package serialport: run "npm install serialport", or use tcp://.');
    }
}

/** The serial ports that may have a board: those on USB first. */
export async function listPorts(): Promise<Found[]> {
    const { SerialPort } = await load();
    const ports = await SerialPort.list();
    return ports
        .map(({ path, manufacturer, productId, serialNumber }) => ({
            path,
            name: [manufacturer, productId, serialNumber].filter((text) => text !== undefined).join(" "),
        }))
        .sort((a, b) => Number(b.name !== "") - Number(a.name !== ""));
}

/** The ports in one line, for an error. */
function describePorts(ports: Found[]): string {
    return ports.map(({ path, name }) => (name === "" ? path : `${path} (${name})`)).join(", ");
}

/** Whether a port is there, without opening it: that may restart the board. @throws FlashError, with the ports that are there */
export async function checkPort(path: string): Promise<void> {
    if (path.startsWith("tcp://") || existsSync(path)) return;
    const ports = process.platform === "win32" ? await listPorts() : [];
    if (!ports.some((port) => port.path === path))
        throw new FlashError(`There is no port ${path}. ${await portsThere(path)}`);
}

/** A board's serial port, or a TCP connection to a serial server: what the board sends is kept until it is awaited. */
export class Port {
    readonly #stream: Duplex;
    #heard = "";
    #onData: (() => void) | undefined;

    constructor(stream: Duplex) {
        this.#stream = stream;
        stream.on("error", () => undefined); // no answer comes, and the sentence for that is better
        stream.on("data", (data: Buffer) => {
            this.#heard += data.toString("latin1");
            this.#onData?.();
        });
    }

    /** @param path a serial port, or tcp://host:port. @throws FlashError, with the ports that are there */
    static async open(path: string, baudRate: number): Promise<Port> {
        try {
            if (path.startsWith("tcp://")) {
                const { hostname, port } = new URL(path);
                const socket = connect(Number(port), hostname);
                await once(socket, "connect");
                return new Port(socket);
            }
            const { SerialPort } = await load();
            const serial = new SerialPort({ path, baudRate });
            await once(serial, "open");
            return new Port(serial);
        } catch (error) {
            if (error instanceof FlashError) throw error;
            const why = error instanceof Error ? error.message.replace(/^Error: /, "") : String(error);
            throw new FlashError(`${path} cannot be opened (${why}). ${await portsThere(path)}`);
        }
    }

    /** Sends octets and forgets what was heard before. */
    send(octets: string): void {
        this.#heard = "";
        this.#stream.write(octets, "latin1");
    }

    /** Waits until what was heard since the last `send` matches. @returns undefined when it does not in time */
    async hear(pattern: RegExp, withinMs = ANSWER_MS): Promise<RegExpExecArray | undefined> {
        const endMs = performance.now() + withinMs;
        for (;;) {
            const match = pattern.exec(this.#heard);
            const leftMs = endMs - performance.now();
            if (match !== null) return match;
            if (leftMs <= 0) return undefined;
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, leftMs);
                this.#onData = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }

    /** The end of what was heard, for an error, without what may be a secret. */
    get lastHeard(): string {
        return JSON.stringify(this.#heard.slice(-400).replace(MAY_BE_SECRET, "…").slice(-200));
    }

    /** Sends what is on its way, then closes. A serial port is not closed by being destroyed, and would keep this process running. */
    async close(): Promise<void> {
        await new Promise<void>((done) => this.#stream.end(() => done()));
        if ("close" in this.#stream) await new Promise((done) => (this.#stream as Serial.SerialPort).close(done));
        this.#stream.destroy();
    }
}

/** What to try instead of a port that cannot be opened. */
async function portsThere(path: string): Promise<string> {
    if (path.startsWith("tcp://")) return "Is its serial server running?";
    const ports = await listPorts();
    if (ports.some((port) => port.path === path))
        return 'It is there: is another program using it, or may you not? On Linux, its users are in the group "dialout".';
    if (ports.length === 0) return "This machine has no serial port now: is the board on a cable that carries data?";
    return `The ports that are there: ${describePorts(ports)}.`;
}
