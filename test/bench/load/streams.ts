/** Octets of a body. */
export const BODY_OCTETS = 64;
/** A body begins with this octet, then the stream and its message's number. No server adds the octet. */
const MARK = 0x23;
const STREAM_DIGITS = 5;
const NUMBER_DIGITS = 8;
/** After a run's last message nothing may come any more; what the server still does for it falls into this time. */
const QUIET_MS = 200;

/** A body whose digits `writeNumber` overwrites. */
export function bodyOf(stream: number): Buffer {
    return Buffer.from(`#${String(stream).padStart(STREAM_DIGITS, "0")}`.padEnd(BODY_OCTETS, "0"));
}

/** Stream and number of the body in `data`; undefined: there is none, it is a hello or another notice. */
export function readBody(data: Buffer, from: number, end: number): { stream: number; number: number } | undefined {
    const at = data.indexOf(MARK, from);
    if (at < 0 || at >= end) return undefined;
    const numberAt = at + 1 + STREAM_DIGITS;
    return { stream: readDigits(data, at + 1, STREAM_DIGITS), number: readDigits(data, numberAt, NUMBER_DIGITS) };
}

/** Writes a message's number into what has the body at its end, or at `bodyAt`. */
export function writeNumber(data: Buffer, number: number, bodyAt = data.length - BODY_OCTETS): void {
    let rest = number;
    for (let at = bodyAt + STREAM_DIGITS + NUMBER_DIGITS; at > bodyAt + STREAM_DIGITS; at--) {
        data[at] = 48 + (rest % 10);
        rest = Math.floor(rest / 10);
    }
}

function readDigits(data: Buffer, from: number, digits: number): number {
    let value = 0;
    for (let at = from; at < from + digits; at++) value = value * 10 + data[at]! - 48;
    return value;
}

/** How one run went. Times in milliseconds. */
export interface Ran {
    seconds: number;
    acceptedP50Ms: number;
    acceptedP99Ms: number;
    shownP50Ms: number;
    shownP99Ms: number;
}

/**
 * Streams of messages. Each goes to one board and has one message under way: it publishes the next when the one before was accepted and shown.
 * A board must show each message once, in order; what else it shows ends the run with an error.
 */
export class Streams {
    readonly #boards: number[];
    readonly #publish: (stream: number, number: number) => void;
    readonly #number: Uint32Array;
    /** bit 1: accepted, bit 2: shown */
    readonly #done: Uint8Array;
    readonly #sentMs: Float64Array;
    #left = 0;
    #open = 0;
    #acceptedMs: number[] = [];
    #shownMs: number[] = [];
    #ended: (error?: Error) => void = () => undefined;
    #failure: Error | undefined;

    /** @param boards where each stream goes @param publish sends a stream's message */
    constructor(boards: number[], publish: (stream: number, number: number) => void) {
        this.#boards = boards;
        this.#publish = publish;
        this.#number = new Uint32Array(boards.length);
        this.#done = new Uint8Array(boards.length);
        this.#sentMs = new Float64Array(boards.length);
    }

    /** Sends that many messages, or one a stream if there are more streams. */
    async run(messages: number): Promise<Ran> {
        this.#acceptedMs = [];
        this.#shownMs = [];
        this.#left = Math.max(messages, this.#boards.length);
        const startMs = performance.now();
        await new Promise<void>((resolve, reject) => {
            this.#ended = (error) => (error === undefined ? resolve() : reject(error));
            this.#open = this.#boards.length;
            if (this.#failure === undefined)
                for (let stream = 0; stream < this.#boards.length; stream++) this.#next(stream);
        });
        const seconds = (performance.now() - startMs) / 1000;
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        if (this.#failure !== undefined) throw this.#failure;
        const at = (times: number[], part: number) => times[Math.floor((times.length - 1) * part)]!;
        for (const times of [this.#acceptedMs, this.#shownMs]) times.sort((a, b) => a - b);
        return {
            seconds,
            acceptedP50Ms: at(this.#acceptedMs, 0.5),
            acceptedP99Ms: at(this.#acceptedMs, 0.99),
            shownP50Ms: at(this.#shownMs, 0.5),
            shownP99Ms: at(this.#shownMs, 0.99),
        };
    }

    /** How far it is, for the sentence of a run that stands still. */
    progress(): string {
        const waits = this.#done.findIndex((done, stream) => this.#number[stream]! > 0 && done !== 3);
        const missing = this.#done[waits] === 2 ? "was not acknowledged" : "was not shown";
        return `${this.#left} messages are not sent, ${this.#open} streams are open; message ${this.#number[waits]} of stream ${waits} ${missing}`;
    }

    accepted(stream: number): void {
        if ((this.#done[stream]! & 1) !== 0)
            return this.fail(new Error(`Stream ${stream}: a message was acknowledged twice.`));
        this.#acceptedMs.push(performance.now() - this.#sentMs[stream]!);
        this.#mark(stream, 1);
    }

    /** A board shows what is in `data`. */
    shown(board: number, data: Buffer, from: number, end: number): void {
        const body = readBody(data, from, end);
        if (body === undefined) return;
        const { stream, number } = body;
        if (this.#boards[stream] !== board || number !== this.#number[stream] || (this.#done[stream]! & 2) !== 0) {
            const expected = `${this.#number[stream]} of stream ${stream} once on board ${this.#boards[stream]}`;
            return this.fail(
                new Error(`Board ${board} showed message ${number} of stream ${stream}, expected ${expected}.`),
            );
        }
        this.#shownMs.push(performance.now() - this.#sentMs[stream]!);
        this.#mark(stream, 2);
    }

    fail(error: Error): void {
        this.#failure ??= error;
        this.#ended(error);
    }

    #mark(stream: number, bit: number): void {
        this.#done[stream]! |= bit;
        if (this.#done[stream] === 3) this.#next(stream);
    }

    #next(stream: number): void {
        if (this.#left === 0) {
            if (--this.#open === 0) this.#ended();
            return;
        }
        this.#left--;
        this.#done[stream] = 0;
        this.#sentMs[stream] = performance.now();
        this.#publish(stream, ++this.#number[stream]!);
    }
}
