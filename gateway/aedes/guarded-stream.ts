import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { checkPacket } from "./check-packet.ts";
import { FieldReader } from "./field-reader.ts";
import type { Frame, Framer } from "./framer.ts";
import { encodeAcknowledgement, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "./packet-types.ts";
import { readPublish, type Publish } from "./publish-packet.ts";

/** Packets taken before other clients get their turn. */
const PACKETS_A_TURN = 64;
/** PUBLISHes of one client that may be under way. Beyond that nothing more is read from it. */
const MAX_UNDER_WAY = 32;

export interface StreamEvents {
    /** A whole packet behind CONNECT came, of any type. */
    heard(): void;
    /** Resolves when the message may be acknowledged. When it rejects, the connection ends. */
    publishes(packet: Publish): Promise<void>;
    /** Called just before the connection ends because of this error: a Violation, or what `publishes` rejected with. */
    failed(error: unknown): void;
}

/**
 * What Aedes takes for the client's socket. It gets whole and checked packets only: first the CONNECT, the others after `open`.
 * PUBLISH does not go through Aedes: it is handed to `publishes`, and answered here.
 */
export class GuardedStream extends Duplex {
    readonly #socket: Socket;
    readonly #framer: Framer;
    readonly #events: StreamEvents;
    #opened = false;
    #turning = false;
    #ended = false;
    #underWay = 0;
    /** Answers go out in the order of the PUBLISHes: MQTT-4.6.0-2. */
    #answered: Promise<void> = Promise.resolve();
    #written: (() => void) | undefined;
    #gathering = false;

    constructor(socket: Socket, framer: Framer, connect: Frame, events: StreamEvents) {
        super({ allowHalfOpen: false });
        this.#events = events;
        this.#socket = socket;
        this.#framer = framer;
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

    /** Takes what came behind CONNECT, and what comes from now on. */
    open(): void {
        this.#opened = true;
        this.#pump();
    }

    /** @param longer what becomes of longer packets: "refused", or a PUBLISH's payload "skipped" */
    limitPackets(maxOctets: number, longer: "refused" | "skipped"): void {
        this.#framer.maxOctets = maxOctets;
        this.#framer.skipsPayloads = longer === "skipped";
    }

    /** The client does not read: what is written now waits in memory. */
    get backedUp(): boolean {
        return this.#written !== undefined || this.writableNeedDrain;
    }

    #pump(): void {
        if (!this.#opened || this.#turning || this.destroyed) return;
        let packets = 0;
        try {
            while (this.#underWay < MAX_UNDER_WAY && !this.backedUp) {
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
                this.#handle(frame);
            }
            this.#socket.pause();
        } catch (violation) {
            this.#fail(violation);
        }
    }

    /** @throws Violation */
    #handle(frame: Frame): void {
        if (frame.type === PUBLISH) this.#publish(readPublish(frame));
        else if (frame.type === PUBREL) this.#release(new FieldReader(frame.octets, frame.bodyAt).packetId());
        else {
            checkPacket(frame);
            this.push(frame.octets);
        }
        this.#events.heard();
    }

    /** Acknowledges a message when it is done with, and all before it are. */
    #publish(packet: Publish): void {
        this.#underWay++;
        const before = this.#answered;
        this.#answered = Promise.allSettled([this.#events.publishes(packet), before]).then(([result]) => {
            this.#underWay--;
            if (result.status === "rejected") return this.#fail(result.reason);
            if (this.destroyed) return;
            if (packet.qos > 0) this.write(encodeAcknowledgement(packet.qos === 1 ? PUBACK : PUBREC, packet.packetId));
            this.#pump();
        });
    }

    /** QoS 2 is refused, so PUBREL comes only behind a message that was dropped. */
    #release(packetId: number): void {
        this.write(encodeAcknowledgement(PUBCOMP, packetId));
    }

    #fail(error: unknown): void {
        this.#events.failed(error);
        this.destroy();
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
        setImmediate(() => this.#flush());
    }

    #flush(): void {
        if (!this.#gathering) return;
        this.#gathering = false;
        this.#socket.uncork();
    }

    override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
        this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), "", done);
    }

    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
        this.#flush(); // what was written before is on its way, as it would be without waiting
        this.#socket.destroy();
        this.#written = undefined;
        done(error);
    }
}
