import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { checkPacket } from "./check-packet.ts";
import type { Frame, Framer } from "./framer.ts";
import { PUBLISH } from "./packet-types.ts";

/** Packets passed on before others get their turn. */
const PACKETS_A_TURN = 64;
/** What a client may have said that is not stored yet. Then nothing more of it is read. */
const MAX_SAYINGS = 32;

/**
 * What Aedes takes for the client's socket: it gets whole, checked packets only, and no faster than they are dealt with. First the
 * CONNECT it is made with, the others after `open`.
 */
export class GuardedStream extends Duplex {
    readonly #socket: Socket;
    readonly #framer: Framer;
    readonly #heard: () => void;
    readonly #broken: (violation: Error) => void;
    #opened = false;
    #turning = false;
    #ended = false;
    /** sayings passed on, and what answers them one after the other: MQTT-4.6.0-2 wants PUBACKs in the order of the PUBLISHes */
    #sayings = 0;
    #answered: Promise<void> = Promise.resolve();
    #written: (() => void) | undefined;
    #gathering = false;

    /**
     * @param heard called with each whole packet behind CONNECT
     * @param broken called with what the client did wrong, just before its connection ends
     */
    constructor(socket: Socket, framer: Framer, connect: Frame, heard: () => void, broken: (violation: Error) => void) {
        super({ allowHalfOpen: false });
        this.#heard = heard;
        this.#socket = socket;
        this.#framer = framer;
        this.#broken = broken;
        this.push(connect.octets);
        socket.on("data", (chunk: Buffer) => {
            framer.add(chunk);
            this.#pump();
        });
        socket.on("end", () => {
            this.#ended = true;
            this.#pump();
        });
        socket.on("drain", () => {
            const written = this.#written;
            this.#written = undefined;
            written?.();
            this.#pump();
        });
        socket.on("error", () => this.destroy());
        socket.on("close", () => this.destroy());
        if (socket.destroyed) this.destroy();
    }

    /** Passes on what came behind CONNECT, and what comes from now on. */
    open(): void {
        this.#opened = true;
        this.#pump();
    }

    /** Largest packet from now on, in octets. */
    set maxOctets(octets: number) {
        this.#framer.maxOctets = octets;
    }

    /** The client does not read: what is written now waits in memory. */
    get backedUp(): boolean {
        return this.#written !== undefined || this.writableNeedDrain;
    }

    /** Calls `done` when the work on a PUBLISH, and on all before it, is over. */
    answer(work: Promise<void>, done: (error?: Error | null) => void): void {
        const answer = (error: Error | null) => {
            this.#sayings--;
            if (this.destroyed) return;
            done(error);
            this.#pump();
        };
        const before = this.#answered;
        this.#answered = Promise.allSettled([work, before])
            .then(([result]) => answer(result.status === "rejected" ? (result.reason as Error) : null))
            .catch((error: unknown) => void this.destroy(error as Error));
    }

    #pump(): void {
        if (!this.#opened || this.#turning || this.destroyed) return;
        let packets = 0;
        try {
            while (this.#sayings < MAX_SAYINGS && !this.backedUp) {
                if (packets++ === PACKETS_A_TURN) {
                    this.#turning = true;
                    this.#socket.pause();
                    setImmediate(() => {
                        this.#turning = false;
                        this.#pump();
                    });
                    return;
                }
                const frame = this.#framer.take();
                if (frame === undefined) {
                    this.#framer.trim();
                    if (this.#ended) this.push(null);
                    else this.#socket.resume();
                    return;
                }
                checkPacket(frame);
                this.#heard();
                if (frame.type === PUBLISH) this.#sayings++;
                this.push(frame.octets);
            }
            this.#socket.pause();
        } catch (violation) {
            this.#broken(violation as Error);
            this.destroy();
        }
    }

    override _read(): void {}

    override _write(octets: Buffer, _encoding: string, done: () => void): void {
        if (!this.#gathering) this.#gather();
        if (this.#socket.destroyed || this.#socket.write(octets)) done();
        else this.#written = done;
    }

    /** What one turn of the event loop writes goes out together: a commit answers many PUBLISHes at once, and frees many pushes. */
    #gather(): void {
        this.#gathering = true;
        this.#socket.cork();
        setImmediate(() => this.#release());
    }

    #release(): void {
        if (!this.#gathering) return;
        this.#gathering = false;
        this.#socket.uncork();
    }

    override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
        this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), "", done);
    }

    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
        this.#release(); // what was written before is on its way, as it would be without waiting
        this.#socket.destroy();
        this.#written = undefined;
        done(error);
    }
}
