import { HttpConnection, postOf } from "./http-connection.ts";
import { bodyOf, readBody, type Ran, writeNumber } from "./streams.ts";
import { numberOf, type Target } from "./target.ts";

/** One message to many numbers in one request; the next when all boards have shown it. */
export class Multicast {
    readonly #port: number;
    #connection: HttpConnection | undefined;
    readonly #request: Buffer;
    readonly #bodyAt: number;
    readonly #first: number;
    /** the last message that each board showed */
    readonly #shown: Uint32Array;
    #number = 0;
    #missing = 0;
    #allShown: () => void = () => undefined;
    #failure: Error | undefined;
    #failed: (error: Error) => void = () => undefined;

    /** @param first index of the first board */
    constructor({ http }: Target, first: number, boards: number) {
        const body = bodyOf(0);
        const to = Array.from({ length: boards }, (_, index) => numberOf(first + index));
        this.#request = postOf("/v1/messages", http!.token, JSON.stringify({ to, body: body.toString() }));
        this.#bodyAt = this.#request.indexOf(body);
        this.#port = http!.port;
        this.#first = first;
        this.#shown = new Uint32Array(boards);
    }

    /** Sends until so many boards have shown a message. */
    async run(messages: number): Promise<Ran> {
        const times: [accepted: number, shown: number][] = [];
        const lost = (why: string) => this.fail(new Error(`The HTTP connection ended: ${why}`));
        this.#connection ??= new HttpConnection(this.#port, lost); // one that waited for the boards would be closed
        const startMs = performance.now();
        for (let left = messages; left > 0; left -= this.#shown.length) times.push(await this.#round());
        const seconds = (performance.now() - startMs) / 1000;
        await new Promise((resolve) => setTimeout(resolve, 200));
        if (this.#failure !== undefined) throw this.#failure;
        const at = (which: 0 | 1, part: number) =>
            times.map((pair) => pair[which]).sort((a, b) => a - b)[Math.floor((times.length - 1) * part)]!;
        return {
            seconds,
            acceptedP50Ms: at(0, 0.5),
            acceptedP99Ms: at(0, 0.99),
            shownP50Ms: at(1, 0.5),
            shownP99Ms: at(1, 0.99),
        };
    }

    shown(board: number, data: Buffer, from: number, end: number): void {
        const number = readBody(data, from, end)?.number;
        if (number === undefined) return;
        const index = board - this.#first;
        if (number !== this.#number || this.#shown[index] === number) {
            return this.fail(new Error(`Board ${board} showed message ${number} while ${this.#number} is under way.`));
        }
        this.#shown[index] = number;
        if (--this.#missing === 0) this.#allShown();
    }

    fail(error: Error): void {
        this.#failure ??= error;
        this.#failed(error);
    }

    progress(): string {
        return `${this.#missing} boards have not shown message ${this.#number}`;
    }

    async #round(): Promise<[accepted: number, shown: number]> {
        const startMs = performance.now();
        writeNumber(this.#request, ++this.#number, this.#bodyAt);
        this.#missing = this.#shown.length;
        let acceptedMs = 0;
        await new Promise<void>((resolve, reject) => {
            if (this.#failure !== undefined) return reject(this.#failure);
            this.#failed = reject;
            let waits = 2;
            const done = () => --waits === 0 && resolve();
            this.#allShown = done;
            this.#connection!.ask(this.#request, (status, answer) => {
                if (status !== 202) return this.fail(new Error(`POST /v1/messages: ${status} ${answer}`));
                acceptedMs = performance.now() - startMs;
                done();
            });
        });
        return [acceptedMs, performance.now() - startMs];
    }
}
