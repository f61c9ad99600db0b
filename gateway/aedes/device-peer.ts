import type { AedesPacket } from "aedes-packet";
import { MAX_PACKET_OCTETS, PACKET_OCTETS } from "../../shared/push/limits.ts";
import { inboxTopic, outTopic, type OutgoingTopic } from "../../shared/push/topics.ts";
import { encodeRefusal, readMessage } from "../delivery/board-payloads.ts";
import { boardSender, type Intake } from "../delivery/intake.ts";
import { readRegistration } from "../delivery/registration-payload.ts";
import { GatewayError, isFinal } from "../error.ts";
import type { Pace } from "../limits/pace.ts";
import type { Twins } from "../limits/twins.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents } from "../ports/connections.ts";
import type { Registration, Route } from "../registration.ts";
import type { ClientConnection, Peer } from "./peer.ts";
import type { Publish } from "./publish-packet.ts";
import { Violation } from "./violation.ts";

const OUT_TOPICS: OutgoingTopic[] = ["reg", "read", "nack", "msg"];
const PUSH = "push";
const NOTICE = "notice";
/** Messages outside the numbering that may wait for their PUBACK. */
const MAX_NOTICES = 4;

type Address = Parameters<ConnectionEvents["connected"]>[1];

export interface DeviceDependencies {
    events: ConnectionEvents;
    intake: Pick<Intake, "accept">;
    /** of boards' messages to other numbers, by route */
    messages: Pick<Pace, "wait">;
    twins: Pick<Twins, "turn">;
    /** of its registrations and reports, by route */
    reports: Pick<Pace, "wait">;
    log: Log;
}

/** A device on its route: its inbox, its four out topics, nothing else. */
export class DevicePeer implements Peer {
    readonly kind = "device";
    readonly inbox: string;
    readonly route: Route;
    readonly number: Registration["number"];
    readonly #address: Address;
    readonly #dependencies: DeviceDependencies;
    readonly #events: ConnectionEvents;
    readonly #topics: Map<string, OutgoingTopic>;
    #connection: ClientConnection | undefined;
    /** QoS of the inbox; undefined: not subscribed */
    #qos: 0 | 1 | undefined;
    /** pushes by the packet id they were written with */
    readonly #pushes = new Map<number, number>();
    #lastNotice = 0;
    readonly #notices = new Map<number, (acknowledged: boolean) => void>();
    readonly #noticeIds = new Map<number, number>();

    /** because its link or its address changed: then a short connection is nobody's fault */
    moved = false;
    /** how its application is, as it registered */
    application: string | undefined;
    /** its own id, and of the board whose connection it took over */
    chip: string | undefined;
    chipBefore: string | undefined;

    constructor(
        { route, number }: Pick<Registration, "route" | "number">,
        address: Address,
        dependencies: DeviceDependencies,
    ) {
        this.route = route;
        this.inbox = inboxTopic(route);
        this.number = number;
        this.#address = address;
        this.#dependencies = dependencies;
        this.#events = dependencies.events;
        this.#topics = new Map(OUT_TOPICS.map((name) => [outTopic(route, name), name]));
    }

    get online(): boolean {
        return this.#connection !== undefined;
    }

    ready(connection: ClientConnection): void {
        this.#connection = connection;
        connection.limitPackets(PACKET_OCTETS, "refused");
        this.#events.connected(this.route, this.#address);
    }

    async publishes({ topic, qos, payload }: Publish): Promise<void> {
        const name = this.#topics.get(topic);
        if (name === undefined) throw new Violation("PUBLISH to a topic that is not the board's own");
        if (qos === 2 || payload === undefined)
            throw new Violation("PUBLISH with QoS 2, which is not offered: use QoS 1");
        try {
            if (name === "reg") await this.#register(payload);
            else if (name === "msg") await this.#send(payload);
            else await this.#events.reported(this.route, name, payload);
        } catch (error) {
            if (!isFinal(error) || (name === "reg" && error.code === "unregistered")) throw error;
            // Without PUBACK the device would send it again and again, and nothing behind it.
            const { code, message: why } = error;
            this.#dependencies.log.warn(
                { route: this.route, topic: name, code, why },
                "a board's message was refused: acknowledged and dropped",
            );
            if (name === "msg") await this.#refuse(encodeRefusal(payload, code));
        }
        // Only the PUBACK waits, and with it what is read next: a nack has to count before the PUBACK of its push, which is right behind.
        if (name !== "msg") await this.#inTurn("reports");
    }

    async #register(payload: Buffer): Promise<void> {
        const fields = readRegistration(payload);
        this.moved = fields.y === "address" || fields.y === "link";
        this.application = fields.p;
        this.chip = fields.c;
        this.#compareChips();
        const octets = Math.min(MAX_PACKET_OCTETS, Math.max(PACKET_OCTETS, fields.m));
        this.#connection?.limitPackets(octets, "refused");
        await this.#events.registered(this.route, fields);
    }

    /** Two boards with one secret take each other's connection over, for ever: each shows "online", and each message goes to one of them. */
    #compareChips(): void {
        const { route, chip, chipBefore } = this;
        if (chip === undefined || chipBefore === undefined || chip === chipBefore) return;
        this.chipBefore = undefined;
        const chips = this.#dependencies.twins.turn(route, chipBefore, chip);
        const sentence = "boards with one secret take turns: give each a number of its own";
        if (chips !== undefined) this.#dependencies.log.warn({ route, chips }, sentence);
    }

    /** To another number, or to thousands of them: a board that was taken over must not fill everybody's screen. */
    async #send(payload: Buffer): Promise<void> {
        await this.#inTurn("messages");
        await this.#dependencies.intake.accept(boardSender(this.route), readMessage(payload, this.number));
    }

    /** @throws GatewayError too_many: it would have to wait for too long */
    async #inTurn(pace: "messages" | "reports"): Promise<void> {
        if (await this.#dependencies[pace].wait(this.route)) return;
        throw new GatewayError("too_many", "This board sends more than it may.");
    }

    /** Resolves when it is written, before the PUBACK, which alone would mean that the message is accepted. */
    async #refuse(payload: Buffer): Promise<void> {
        const connection = this.#connection;
        if (connection === undefined || this.#qos === undefined) return;
        await new Promise<void>((resolve) => connection.write(this.inbox, payload, 0, undefined, resolve));
    }

    subscribed(qos: 0 | 1): void {
        this.#qos = qos;
        this.#events.subscribed(this.route);
    }

    /** For delivery this is as good as a new connection: it has to subscribe again before it gets anything. */
    unsubscribed(): void {
        if (this.#qos === undefined) return;
        this.#qos = undefined;
        this.#events.closed(this.route);
        if (this.#connection) this.#events.connected(this.route, this.#address);
    }

    push(sequence: number, payload: Buffer): boolean {
        if (this.#connection === undefined || this.#qos === undefined) return false;
        if (this.#qos === 1) {
            this.#connection.write(this.inbox, payload, 1, { brokerId: PUSH, brokerCounter: sequence });
        } else {
            // The client asked for at most once: nothing more than "written" will ever be known.
            this.#connection.write(this.inbox, payload, 0, undefined, () => {
                if (this.#qos === 0) this.#events.acknowledged(this.route, sequence);
            });
        }
        return true;
    }

    /** Dropped when the device does not read: it would wait in memory, and be old when it is read. */
    notify(payload: Buffer): boolean {
        if (this.#connection === undefined || this.#qos === undefined || this.#connection.backedUp) return false;
        this.#connection.write(this.inbox, payload, 0);
        return true;
    }

    notifyAcknowledged(payload: Buffer): Promise<boolean> {
        const connection = this.#connection;
        if (connection === undefined || this.#qos !== 1 || this.#notices.size >= MAX_NOTICES) {
            return Promise.resolve(false);
        }
        return new Promise((resolve) => {
            this.#notices.set(++this.#lastNotice, resolve);
            connection.write(this.inbox, payload, 1, { brokerId: NOTICE, brokerCounter: this.#lastNotice });
        });
    }

    written(packetId: number, packet: AedesPacket): void {
        const ids = packet.brokerId === PUSH ? this.#pushes : this.#noticeIds;
        ids.set(packetId, packet.brokerCounter);
    }

    acknowledged(packetId: number): void {
        const sequence = this.#pushes.get(packetId);
        if (sequence !== undefined) {
            this.#pushes.delete(packetId);
            this.#events.acknowledged(this.route, sequence);
            return;
        }
        const notice = this.#noticeIds.get(packetId) ?? 0;
        this.#noticeIds.delete(packetId);
        this.#notices.get(notice)?.(true);
        this.#notices.delete(notice);
    }

    ended(): void {
        const wasReady = this.#connection !== undefined;
        this.#connection = undefined;
        this.#qos = undefined;
        this.#pushes.clear();
        for (const resolve of this.#notices.values()) resolve(false);
        this.#notices.clear();
        if (wasReady) this.#events.closed(this.route);
    }
}
