import { connect, type Socket } from "node:net";

/** A client that writes what it likes and cuts what it gets into packets. */
export class WireClient {
    readonly socket: Socket;
    closed = false;
    /** called with each whole packet; until it is set, packets wait in `packets` */
    onPacket: ((packet: Buffer) => void) | undefined;
    readonly packets: Buffer[] = [];
    readonly #end: Promise<void>;
    #rest: Buffer = Buffer.alloc(0);

    /** @param from the address it leaves from */
    constructor(port: number, from = "127.0.0.1") {
        this.socket = connect({ port, host: "127.0.0.1", localAddress: from });
        this.socket.setNoDelay(true);
        this.socket.on("data", (chunk) => this.#take(chunk));
        this.socket.on("error", () => {});
        this.#end = new Promise((resolve) => {
            this.socket.on("close", () => {
                this.closed = true;
                resolve();
            });
        });
    }

    write(octets: Buffer): void {
        this.socket.write(octets);
    }

    /** Resolves with the next packet; undefined: the connection is closed, or `withinMs` are over. */
    async next(withinMs = 10_000): Promise<Buffer | undefined> {
        const untilMs = performance.now() + withinMs;
        while (this.packets.length === 0 && !this.closed) {
            const restMs = untilMs - performance.now();
            if (restMs <= 0) return undefined;
            await this.#news(restMs);
        }
        return this.packets.shift();
    }

    /** Resolves true when it is connected, false when that failed. */
    connected(): Promise<boolean> {
        return new Promise((resolve) => {
            this.socket.once("connect", () => resolve(true));
            this.socket.once("close", () => resolve(false));
        });
    }

    /** Resolves when the connection is closed. False: it was not in time. */
    ended(withinMs = 10_000): Promise<boolean> {
        return new Promise((resolve) => {
            const timer = setTimeout(() => resolve(false), withinMs);
            void this.#end.then(() => {
                clearTimeout(timer);
                resolve(true);
            });
        });
    }

    destroy(): void {
        this.socket.destroy();
    }

    #news(withinMs: number): Promise<void> {
        return new Promise((resolve) => {
            const done = () => {
                clearTimeout(timer);
                this.socket.off("data", done);
                this.socket.off("close", done);
                resolve();
            };
            const timer = setTimeout(done, withinMs);
            this.socket.on("data", done);
            this.socket.on("close", done);
        });
    }

    #take(chunk: Buffer): void {
        this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
        for (;;) {
            let length = 0;
            let at = 1;
            for (;;) {
                const octet = this.#rest[at];
                if (octet === undefined) return;
                length += (octet & 0x7f) * 128 ** (at - 1);
                at++;
                if (octet < 0x80) break;
            }
            if (this.#rest.length < at + length) return;
            const packet = this.#rest.subarray(0, at + length);
            this.#rest = this.#rest.subarray(at + length);
            if (this.onPacket === undefined) this.packets.push(packet);
            else this.onPacket(packet);
        }
    }
}

/** Addresses to come from: 127.1.0.1 and up, as many as wanted. */
export function addressOf(index: number): string {
    return `127.${1 + (Math.floor(index / 62_500) % 100)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}
