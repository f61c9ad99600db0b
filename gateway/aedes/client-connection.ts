import type { Socket } from "node:net";
import { CONNECT_OCTETS, EARLY_OCTETS } from "../limits/connection-limits.ts";
import type { Timers } from "../system/timers.ts";
import type { Broker } from "./broker.ts";
import { checkPacket } from "./check-packet.ts";
import type { Facade, Owner } from "./facade.ts";
import type { Flushes } from "./flushes.ts";
import { Framer, type Frame } from "./framer.ts";
import {
    DISCONNECT,
    encodeAcknowledgement,
    encodeConnack,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
    type ConnackCode,
} from "./packet-types.ts";
import type { Peer, WayBack } from "./peer.ts";
import { readPacketId, readPublish, type Publish } from "./publish-packet.ts";
import { Violation } from "./violation.ts";

/** Packets taken before other clients get their turn. */
const PACKETS_A_TURN = 64;
/** PUBLISHes of one client that may be under way. Beyond that nothing more is read from it. */
const MAX_UNDER_WAY = 32;
/** How long a CONNACK that refuses may wait for a client that does not read. */
const CONNACK_MS = 1_000;

/** What the connections of a gateway share. */
export interface ConnectionHost {
    timers: Pick<Timers, "nowMs" | "after">;
    broker: Broker;
    flushes: Flushes;
    /** Its first packet came. Lets it in, or rejects with why not. */
    came(connection: ClientConnection, first: Frame): Promise<void>;
    /** Ends or refuses a connection because of this error: a Violation, or what `came` or `Peer.publishes` rejected with. */
    failed(connection: ClientConnection, error: unknown): void;
    /** Called once, when its socket is closed. */
    closed(connection: ClientConnection): void;
}

/** Where a connection comes from. */
export interface Origin {
    address: string;
    port: number;
    /** the key that per-client limits use */
    client: string;
}

/**
 * One connection: it cuts packets, checks them, answers them and writes. CONNECT, SUBSCRIBE and UNSUBSCRIBE are answered by Aedes, once
 * the client was let in, through a facade that lives as long as that takes; nothing else goes there.
 */
export class ClientConnection implements Owner, WayBack {
    readonly from: Origin;
    /** of its CONNECT, in the order of arrival */
    number = 0;
    /** Once it was let in: whose it is, of whom there is only one ("" before), since when, and how long it may be silent. */
    peer!: Peer;
    key = "";
    silenceMs = 0;
    sinceMs = 0;
    /** when its last packet came */
    heardMs = 0;
    /** since when what is written to it waits in memory, because it does not read; undefined: it reads */
    stuckMs: number | undefined;
    #socket: Socket;
    readonly #framer = new Framer(CONNECT_OCTETS);
    readonly #host: ConnectionHost;
    /** arriving: its CONNECT is not here; asking: it is looked up; greeting: Aedes answers it; none of these takes packets, nor does pausing */
    state: "arriving" | "asking" | "refused" | "greeting" | "open" | "pausing" | "closed" = "arriving";
    #forgetDeadline: (() => void) | undefined;
    #facade: Facade | undefined;
    /** of PUBLISHes, in their order: what is called at an answer's turn, once it is known */
    #answers: { give?: () => void }[] | undefined;
    /** something was written in this turn of the event loop */
    #corked = false;

    constructor(raw: Socket, from: Origin, host: ConnectionHost) {
        this.#socket = raw;
        this.from = from;
        this.#host = host;
        raw.on("close", () => {
            this.destroy();
            host.closed(this);
        });
    }

    /** Reads from now on. @param socket its own, or its TLS side */
    read(socket: Socket): void {
        if (socket !== this.#socket) socket.on("error", destroyIt);
        this.#socket = socket;
        socket.setNoDelay(true);
        socket.on("data", (chunk: Buffer) => {
            if (this.state === "refused") return;
            this.#framer.add(chunk);
            this.#pump();
        });
    }

    /**
     * Gives it time for the next step; that of the step before counts no more. What lies in the kernel or in this thread by then came in
     * time: the gateway was busy, and gets to it in this turn of the event loop.
     */
    within(ms: number, late: () => void): void {
        this.#inTime();
        const forget = this.#host.timers.after(ms, () =>
            setImmediate(() => {
                if (this.#forgetDeadline === forget) late();
            }),
        );
        this.#forgetDeadline = forget;
    }

    #inTime(): void {
        this.#forgetDeadline?.();
        this.#forgetDeadline = undefined;
    }

    /** Answers its CONNECT, and ends the connection as soon as that is out. */
    refuse(code: ConnackCode): void {
        if (this.state === "closed") return;
        this.state = "refused";
        this.#socket.resume();
        this.#socket.write(encodeConnack(code));
        this.#socket.destroySoon();
        this.within(CONNACK_MS, () => this.destroy());
    }

    /** Has its CONNECT answered. */
    letIn(connect: Frame, peer: Peer, key: string, silenceMs: number): void {
        this.#inTime();
        this.peer = peer;
        this.key = key;
        this.silenceMs = silenceMs;
        this.sinceMs = this.heardMs = this.#host.timers.nowMs();
        this.state = "greeting";
        this.#facade = this.#host.broker.serve(this, connect.octets);
    }

    /** CONNACK is written: takes what came behind CONNECT, and what comes from now on. */
    greeted(again: boolean): void {
        if (!again) this.peer.ready(this);
        if (this.state === "greeting") this.state = "open";
        this.#pump();
    }

    limitPackets(maxOctets: number, longer: "refused" | "skipped"): void {
        this.#framer.maxOctets = maxOctets;
        this.#framer.skipsPayloads = longer === "skipped";
    }

    /** All that is written in one turn of the event loop goes out together. */
    write(packets: Buffer, sent?: () => void): void {
        if (this.state === "closed") return;
        if (!this.#corked) {
            this.#corked = true;
            this.#socket.cork();
            this.#host.flushes.add(this);
        }
        if (this.#socket.write(packets, sent) || this.stuckMs !== undefined) return;
        this.stuckMs = this.#host.timers.nowMs();
        this.#socket.once("drain", () => {
            this.stuckMs = undefined;
            this.#pump();
        });
    }

    flush(): void {
        if (this.#corked) this.#socket.uncork();
        this.#corked = false;
    }

    /** Ends the connection. What was written before is on its way. */
    destroy(): void {
        if (this.state === "closed") return;
        this.flush();
        this.state = "closed";
        this.#inTime();
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
            if (this.state === "arriving") return this.#arrive();
            while (this.#mayTake()) {
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

    #mayTake(): boolean {
        return this.state === "open" && this.stuckMs === undefined && (this.#answers?.length ?? 0) < MAX_UNDER_WAY;
    }

    /** @throws Violation */
    #arrive(): void {
        const first = this.#framer.take();
        this.#framer.trim();
        if (first === undefined) return;
        if (this.#framer.waiting > EARLY_OCTETS) throw new Violation("too many octets behind CONNECT");
        this.state = "asking";
        this.#socket.pause();
        this.#host.came(this, first).catch((error: unknown) => this.#fail(error));
    }

    #giveTurn(): void {
        this.state = "pausing";
        setImmediate(() => {
            if (this.state !== "pausing") return;
            this.state = "open";
            this.#pump();
        });
    }

    /** @throws Violation */
    #handle(frame: Frame): void {
        switch (frame.type) {
            case PUBLISH:
                return this.#publish(readPublish(frame));
            case PUBACK:
                return this.peer.acknowledged?.(readPacketId(frame));
            case PUBREL: // QoS 2 is refused, so it comes only behind a message that was dropped
                return this.write(encodeAcknowledgement(PUBCOMP, readPacketId(frame)));
            case PINGREQ:
                return this.write(PINGRESP);
            case DISCONNECT:
                return this.destroy();
        }
        checkPacket(frame);
        if (this.#facade === undefined) {
            this.state = "greeting";
            this.#facade = this.#host.broker.serve(this);
        }
        this.#facade.ask(frame.octets);
    }

    #publish(packet: Publish): void {
        const { packetId, qos } = packet;
        const accepting = this.peer.publishes(packet);
        const answer = {};
        (this.#answers ??= []).push(answer);
        accepting.then(
            () => this.#settle(answer, () => this.#acknowledge(packetId, qos)),
            (error: unknown) => this.#settle(answer, () => this.#fail(error)),
        );
    }

    /** Answers go out in the order of the PUBLISHes, and so does the end of the connection: MQTT-4.6.0-2. */
    #settle(settled: { give?: () => void }, give: () => void): void {
        settled.give = give;
        const answers = this.#answers;
        if (answers?.[0] !== settled) return;
        const full = answers.length >= MAX_UNDER_WAY;
        while (answers[0]?.give !== undefined) answers.shift()!.give!();
        if (answers.length === 0) this.#answers = undefined;
        if (full) this.#pump();
    }

    #acknowledge(packetId: number, qos: number): void {
        if (qos > 0) this.write(encodeAcknowledgement(qos === 1 ? PUBACK : PUBREC, packetId));
    }

    #fail(error: unknown): void {
        if (this.state !== "closed" && this.state !== "refused") this.#host.failed(this, error);
    }
}

export function destroyIt(this: Socket): void {
    this.destroy();
}
