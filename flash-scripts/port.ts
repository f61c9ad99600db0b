import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { SerialPort } from "serialport";
import { FlashError } from "./options.ts";

const BAUD = 115_200;
/** Time a board gets to answer: a flash page may have to be erased first. */
export const ANSWER_MS = 10_000;

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

    /** @param path a serial port, or tcp://host:port. @throws FlashError */
    static async open(path: string): Promise<Port> {
        try {
            if (path.startsWith("tcp://")) {
                const { hostname, port } = new URL(path);
                const socket = connect(Number(port), hostname);
                await once(socket, "connect");
                return new Port(socket);
            }
            const { SerialPort } = await import("serialport");
            const serial = new SerialPort({ path, baudRate: BAUD });
            await once(serial, "open");
            return new Port(serial);
        } catch (error) {
            throw new FlashError(`${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
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

    /** The end of what was heard, for an error. */
    get lastHeard(): string {
        return JSON.stringify(this.#heard.slice(-200));
    }

    /** Sends what is on its way, then closes. A serial port is not closed by being destroyed, and would keep this process running. */
    async close(): Promise<void> {
        await new Promise<void>((done) => this.#stream.end(() => done()));
        if ("close" in this.#stream) await new Promise((done) => (this.#stream as SerialPort).close(done));
        this.#stream.destroy();
    }
}
