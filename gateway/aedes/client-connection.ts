import type { Socket } from "node:net";
import type { Timers } from "../system/timers.ts";
import type { Broker } from "./broker.ts";
import { checkPacket } from "./check-packet.ts";
import type { Facade, Owner } from "./facade.ts";
import type { Flushes } from "./flushes.ts";
import type { Frame, Framer } from "./framer.ts";
import {
    DISCONNECT,
    encodeAcknowledgement,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
} from "./packet-types.ts";
import type { Peer, WayBack } from "./peer.ts";
import { readPacketId, readPublish, type Publish } from "./publish-packet.ts";

/** Packets taken before other clients get their turn. */
const PACKETS_A_TURN = 64;
/** PUBLISHes of one client that may be under way. Beyond that nothing more is read from it. */
const MAX_UNDER_WAY = 32;

/** What the connections of a gateway share. */
export interface ConnectionHost {
    timers: Pick<Timers, "nowMs">;
    broker: Broker;
    flushes: Flushes;
    /** Called just before a connection ends because of this error: a Violation, or what `Peer.publishes` rejected with. */
    failed(connection: ClientConnection, error: unknown): void;
    /** Called once, when its socket is closed. */
    closed(connection: ClientConnection): void;
}

/** Whose connection it is, and since when. */
export interface Identity {
    peer: Peer;
    /** of whom there is only one connection */
    key: string;
    /** of its CONNECT, in the order of arrival */
    number: number;
    address: string;
    /** how long it may be silent */
    silenceMs: number;
}

/** A PUBLISH that is not answered yet. */
interface Answer {
    packetId: number;
    qos: number;
    state: "waiting" | "done" | "failed";
    error?: unknown;
}

/**
 * The one connection of a client that was let in: it cuts packets, checks them, answers them and writes. CONNECT, SUBSCRIBE and
 * UNSUBSCRIBE are answered by Aedes, through a facade that lives as long as that takes; nothing else goes there.
 */
export class ClientConnection implements Identity, Owner, WayBack {
    readonly peer: Peer;
    readonly key: string;
    readonly number: number;
    readonly address: string;
    readonly silenceMs: number;
    readonly sinceMs: number;
    /** when its last packet came */
    heardMs: number;
    /** since when what is written to it waits in memory, because it does not read; undefined: it reads */
    stuckMs: number | undefined;
    readonly #socket: Socket;
    readonly #framer: Framer;
    readonly #host: ConnectionHost;
    /** greeting: Aedes answers a CONNECT, and nothing is taken before; pausing: others have their turn */
    #state: "greeting" | "open" | "pausing" | "closed" = "greeting";
    #facade: Facade | undefined;
    /** in the order of the PUBLISHes */
    #answers: Answer[] | undefined;
    /** written in this turn of the event loop, and what is called when that has left */
    #out: Buffer[] | undefined;
    #sent: (() => void)[] | undefined;

    /** @param socket paused */
    constructor(socket: Socket, framer: Framer, identity: Identity, host: ConnectionHost) {
        this.#socket = socket;
        this.#framer = framer;
        this.#host = host;
        this.peer = identity.peer;
        this.key = identity.key;
        this.number = identity.number;
        this.address = identity.address;
        this.silenceMs = identity.silenceMs;
        this.sinceMs = this.heardMs = host.timers.nowMs();
        socket.on("data", (chunk: Buffer) => {
            framer.add(chunk);
            this.#pump();
        });
        socket.on("close", () => {
            this.destroy();
            host.closed(this);
        });
    }

    /** Has its CONNECT answered. */
    greet(connect: Frame): void {
        this.#facade = this.#host.broker.serve(this, connect.octets);
    }

    /** CONNACK is written: takes what came behind CONNECT, and what comes from now on. */
    greeted(again: boolean): void {
        if (!again) this.peer.ready(this);
        if (this.#state === "greeting") this.#state = "open";
        this.#pump();
    }

    limitPackets(maxOctets: number, longer: "refused" | "skipped"): void {
        this.#framer.maxOctets = maxOctets;
        this.#framer.skipsPayloads = longer === "skipped";
    }

    get backedUp(): boolean {
        return this.stuckMs !== undefined;
    }

    /** All that is written in one turn of the event loop goes out together. */
    write(packets: Buffer, sent?: () => void): void {
        if (this.#state === "closed") return;
        if (this.#out === undefined) {
            this.#out = [packets];
            this.#host.flushes.add(this);
        } else this.#out.push(packets);
        if (sent !== undefined) (this.#sent ??= []).push(sent);
    }

    flush(): void {
        const out = this.#out;
        if (out === undefined) return;
        const sent = this.#sent;
        this.#out = this.#sent = undefined;
        if (this.#socket.destroyed) return;
        const octets = out.length === 1 ? out[0]! : Buffer.concat(out);
        const flowing = this.#socket.write(octets, sent && (() => sent.forEach((call) => call())));
        if (flowing || this.stuckMs !== undefined) return;
        this.stuckMs = this.#host.timers.nowMs();
        this.#socket.once("drain", () => {
            this.stuckMs = undefined;
            this.#pump();
        });
    }

    /** Ends the connection. What was written before is on its way. */
    destroy(): void {
        if (this.#state === "closed") return;
        this.flush();
        this.#state = "closed";
        this.#answers = undefined;
        this.#facade?.release();
        this.#socket.destroy();
    }

    /** Aedes has answered what it was asked. */
    answered(): void {
        this.#facade = undefined;
    }

    #pump(): void {
        let packets = 0;
        try {
            while (this.#state === "open" && !this.backedUp && (this.#answers?.length ?? 0) < MAX_UNDER_WAY) {
                if (packets++ === PACKETS_A_TURN) {
                    this.#giveTurn();
                    break;
                }
                const frame = this.#framer.take();
                if (frame === undefined) {
                    this.#framer.trim();
                    return void this.#socket.resume();
                }
                if (packets === 1) this.heardMs = this.#host.timers.nowMs();
                this.#handle(frame);
            }
            this.#socket.pause();
        } catch (violation) {
            this.#fail(violation);
        }
    }

    #giveTurn(): void {
        this.#state = "pausing";
        setImmediate(() => {
            if (this.#state !== "pausing") return;
            this.#state = "open";
            this.#pump();
        });
    }

    /** @throws Violation */
    #handle(frame: Frame): void {
        switch (frame.type) {
            case PUBLISH:
                return this.#publish(readPublish(frame));
            case PUBACK:
                return this.peer.acknowledged(readPacketId(frame));
            case PUBREL: // QoS 2 is refused, so it comes only behind a message that was dropped
                return this.write(encodeAcknowledgement(PUBCOMP, readPacketId(frame)));
            case PINGREQ:
                return this.write(PINGRESP);
            case DISCONNECT:
                return this.destroy();
        }
        checkPacket(frame);
        if (this.#facade === undefined) {
            this.#state = "greeting";
            this.#facade = this.#host.broker.serve(this);
        }
        this.#facade.ask(frame.octets);
    }

    #publish(packet: Publish): void {
        const { packetId, qos } = packet;
        const accepting = this.peer.publishes(packet);
        if (accepting === undefined && this.#answers === undefined) return this.#acknowledge(packetId, qos);
        const answer: Answer = { packetId, qos, state: accepting === undefined ? "done" : "waiting", error: undefined };
        (this.#answers ??= []).push(answer);
        accepting?.then(
            () => this.#settle(answer, "done"),
            (error: unknown) => {
                answer.error = error;
                this.#settle(answer, "failed");
            },
        );
    }

    /** Answers go out in the order of the PUBLISHes, and so does the end of the connection: MQTT-4.6.0-2. */
    #settle(settled: Answer, state: "done" | "failed"): void {
        settled.state = state;
        const answers = this.#answers;
        if (answers?.[0] !== settled) return;
        const full = answers.length >= MAX_UNDER_WAY;
        for (let first = answers[0]; first !== undefined && first.state !== "waiting"; first = answers[0]) {
            if (first.state === "failed") return this.#fail(first.error);
            this.#acknowledge(first.packetId, first.qos);
            answers.shift();
        }
        if (answers.length === 0) this.#answers = undefined;
        if (full) this.#pump();
    }

    #acknowledge(packetId: number, qos: number): void {
        if (qos > 0) this.write(encodeAcknowledgement(qos === 1 ? PUBACK : PUBREC, packetId));
    }

    #fail(error: unknown): void {
        if (this.#state === "closed") return;
        this.#host.failed(this, error);
        this.destroy();
    }
}
