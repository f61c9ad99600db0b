import { crc32 } from "node:zlib";
import { FlashError } from "./plan.ts";
import type { Port } from "./port.ts";

/** A line with that many octets in base64 fits the input buffer of every board. Flash is written in multiples of 4. */
const CHUNK_OCTETS = 72;
/** How often and for how long the board is greeted before it counts as not there: opening the port may restart it. */
const GREETINGS = 6;
const GREETING_MS = 2_000;
/** What Storage needs for a file beside its octets: a header, and filling. */
const FILE_OCTETS = 64;

const CTRL_C = "\x03";
/** Espruino does not echo a line that begins with this. */
const SILENTLY = "\x10";
const STORAGE = `require("Storage")`;

/** The interactive JavaScript of a board that runs Espruino. */
export class EspruinoConsole {
    readonly #port: Port;
    #questions = 0;

    constructor(port: Port) {
        this.#port = port;
    }

    /** Ends what the board runs, but for what is Toque's. @returns the firmware's version @throws FlashError when no Espruino answers */
    async stop(): Promise<string> {
        const version = await this.#greet("(_t=process.env.VERSION)", /./);
        this.#port.send(`${SILENTLY}reset()\n`);
        await this.#greet("typeof _t", /^undefined$/);
        return version;
    }

    /** @returns the value of a JavaScript expression as a string @throws FlashError */
    async ask(expression: string): Promise<string> {
        const value = await this.#evaluate(expression);
        if (value === undefined)
            throw new FlashError(`The board does not answer any more. Heard: ${this.#port.lastHeard}`);
        return value;
    }

    /** Whether the board's Storage has a file with these octets: by its length and its checksum, which the board computes. */
    async has(name: string, octets: Buffer): Promise<boolean> {
        const found = await this.ask(
            `(function(d){return d?d.length+":"+(E.CRC32(d)>>>0):"0:0"})(${STORAGE}.read("${name}"))`,
        );
        return found === `${octets.length}:${crc32(octets)}`;
    }

    /** Takes a file from the board's Storage. */
    async erase(name: string): Promise<void> {
        await this.ask(`${STORAGE}.erase("${name}"),1`);
    }

    /**
     * Makes room for files. Compacting moves the program that runs from flash, so the board starts anew at once.
     * @returns false: there is not that much @throws FlashError
     */
    async makeRoom(files: Map<string, Buffer>): Promise<boolean> {
        const octets = [...files.values()].reduce((sum, { length }) => sum + length + FILE_OCTETS, 0);
        const enough = async () => (await this.ask(`${STORAGE}.getFree()>=${octets}`)) === "true";
        if (await enough()) return true;
        await this.again(`${STORAGE}.compact()`);
        return enough();
    }

    /** Types a statement after which the board starts anew; then what it runs is ended. @throws FlashError */
    async again(statement: string): Promise<void> {
        this.#port.send(`${SILENTLY}${statement};load()\n`);
        await this.stop();
    }

    /** Writes a file to the board's Storage and reads every octet back. @param sent is called with the octets that are there @throws FlashError */
    async write(name: string, octets: Buffer, sent: (octets: number) => void): Promise<void> {
        await this.erase(name);
        const write = `_w=function(n,z,o,d){var s=${STORAGE};return s.write(n,d=atob(d),o,z)?btoa(s.read(n,o,d.length)):"no room"},1`;
        await this.ask(write);
        for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
            const chunk = octets.subarray(at, at + CHUNK_OCTETS).toString("base64");
            const written = await this.ask(`_w("${name}",${octets.length},${at},"${chunk}")`);
            if (written === "no room")
                throw new FlashError(
                    `There is no room for ${name} in the board's flash: type require("Storage").list() on its console, and erase what you do not need.`,
                );
            if (written !== chunk)
                throw new FlashError(
                    `${name} is not whole on the board from octet ${at} on: look at the cable, then try again.`,
                );
            sent(Math.min(at + CHUNK_OCTETS, octets.length));
        }
    }

    /** Starts the board with what is in its flash. */
    start(): void {
        this.#port.send(`${SILENTLY}load()\n`);
    }

    /** Asks again and again: what the board heard while it restarts is lost, or a half of it is an error. */
    async #greet(expression: string, wanted: RegExp): Promise<string> {
        for (let count = 1; count <= GREETINGS; count++) {
            const before = count % 3 === 0 ? CTRL_C : "\n"; // a program that never ends has to be interrupted
            const value = await this.#evaluate(expression, GREETING_MS, before).catch(() => undefined);
            if (value !== undefined && wanted.test(value)) return value;
        }
        throw new FlashError(
            `No Espruino answers. Is this port the board's, does it run Espruino, and is no other program using it? Heard: ${this.#port.lastHeard}`,
        );
    }

    /** @returns undefined when no answer came in time @throws FlashError when the board reports an error */
    async #evaluate(expression: string, withinMs?: number, before = ""): Promise<string | undefined> {
        const mark = `#${++this.#questions}=`;
        this.#port.send(`${before}${SILENTLY}print("${mark}"+(${expression})+"#")\n`);
        const heard = await this.#port.hear(new RegExp(`${mark}([^"#]*)#|Uncaught[^\\n]*\\n`), withinMs);
        if (heard === undefined || heard[1] !== undefined) return heard?.[1];
        throw new FlashError(`The board refused a line: ${heard[0].trim()}`);
    }
}
