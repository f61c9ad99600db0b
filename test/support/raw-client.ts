import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { packetsIn } from "../gateway/aedes/packets.ts";

/** A client that writes what it likes. */
export class RawClient {
    readonly socket: Socket;
    received = Buffer.alloc(0);
    closed = false;
    protected readonly news = new EventEmitter().setMaxListeners(0);
    readonly #end: Promise<void>;

    /** @param from the address it leaves from */
    constructor(port: number, from = "127.0.0.1") {
        this.socket = connect({ port, host: "127.0.0.1", localAddress: from });
        this.socket.setNoDelay(true);
        this.socket.on("data", (chunk) => {
            this.received = Buffer.concat([this.received, chunk]);
            this.news.emit("news");
        });
        this.socket.on("error", () => {});
        this.#end = new Promise((resolve) => {
            this.socket.on("close", () => {
                this.closed = true;
                this.news.emit("news");
                resolve();
            });
        });
    }

    /** @param octets as they are, or in hexadecimal with spaces in between */
    write(octets: Buffer | string): void {
        this.socket.write(typeof octets === "string" ? Buffer.from(octets.replaceAll(" ", ""), "hex") : octets);
    }

    /** Resolves when so many octets have come, or the connection is closed. */
    async octets(count: number): Promise<Buffer> {
        while (this.received.length < count && !this.closed) await once(this.news, "news");
        return this.received;
    }

    /** Resolves when the connection is closed. @returns everything received */
    async end(): Promise<Buffer> {
        await this.#end;
        return this.received;
    }

    /** Resolves when the connection is closed. False: it was not in time. */
    ended(withinMs = 10_000): Promise<boolean> {
        return Promise.race([this.#end.then(() => true), pause(withinMs, false, { ref: false })]);
    }

    destroy(): void {
        this.socket.destroy();
    }
}

/** A client that writes what it likes and cuts what it gets into packets. */
export class WireClient extends RawClient {
    /** called with each whole packet; until it is set, packets wait in `packets` */
    onPacket: ((packet: Buffer) => void) | undefined;
    readonly packets: Buffer[] = [];

    constructor(port: number, from?: string) {
        super(port, from);
        this.news.on("news", () => {
            for (const packet of packetsIn(this.received)) {
                this.received = this.received.subarray(packet.length);
                if (this.onPacket === undefined) this.packets.push(packet);
                else this.onPacket(packet);
            }
        });
    }

    /** Resolves true when it is connected, false when that failed. */
    connected(): Promise<boolean> {
        return once(this.socket, "connect").then(
            () => true,
            () => false,
        );
    }

    /** Resolves with the next packet; undefined: the connection is closed, or `withinMs` are over. */
    async next(withinMs = 10_000): Promise<Buffer | undefined> {
        const late = pause(withinMs, "late", { ref: false });
        while (this.packets.length === 0 && !this.closed) {
            if ((await Promise.race([once(this.news, "news"), late])) === "late") return undefined;
        }
        return this.packets.shift();
    }
}
