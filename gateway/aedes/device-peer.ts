import { MAX_PACKET_OCTETS, PACKET_OCTETS } from "../../shared/push/limits.ts";
import { inboxTopic, outTopic, type OutgoingTopic } from "../../shared/push/topics.ts";
import { encodeOutcome, readMessage, type Outcome } from "../delivery/board-payloads.ts";
import { boardSender, type Intake } from "../delivery/intake.ts";
import { readRegistration } from "../delivery/registration-payload.ts";
import { GatewayError, isFinal } from "../error.ts";
import type { Pace } from "../limits/pace.ts";
import type { Twins } from "../limits/twins.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents } from "../ports/connections.ts";
import type { Registration, Route } from "../registration.ts";
import type { Peer, WayBack } from "./peer.ts";
import { encodePublish, type Publish } from "./publish-packet.ts";
import { Violation } from "./violation.ts";

const OUT_TOPICS: OutgoingTopic[] = ["reg", "read", "nack", "msg"];
/** MQTT 3.1.1 §2.3.1 */
const MAX_PACKET_ID = 65_535;
/** Messages outside the numbering that may wait for their PUBACK. */
const MAX_NOTICES = 4;

/** What was written with QoS 1: a push with its sequence, or a message outside the numbering with whom to answer. */
type Written = { packetId: number; sequence: number } | { packetId: number; answer: (acknowledged: boolean) => void };

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
    #connection: WayBack | undefined;
    /** QoS of the inbox; undefined: not subscribed */
    #qos: 0 | 1 | undefined;
    /** not acknowledged yet; few, so it is searched through */
    #written: Written[] | undefined;
    #lastPacketId = 0;

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
    }

    get online(): boolean {
        return this.#connection !== undefined;
    }

    ready(connection: WayBack): void {
        this.#connection = connection;
        connection.limitPackets(PACKET_OCTETS, "refused");
        this.#dependencies.events.connected(this.route, this.#address);
    }

    async publishes({ topic, qos, payload }: Publish): Promise<void> {
        const name = OUT_TOPICS.find((one) => topic === outTopic(this.route, one));
        if (name === undefined) throw new Violation("PUBLISH to a topic that is not the board's own");
        if (qos === 2 || payload === undefined)
            throw new Violation("PUBLISH with QoS 2, which is not offered: use QoS 1");
        try {
            if (name === "reg") await this.#register(payload);
            else if (name === "msg") await this.#send(payload);
            else await this.#dependencies.events.reported(this.route, name, payload);
        } catch (error) {
            if (!isFinal(error) || (name === "reg" && error.code === "unregistered")) throw error;
            // Without PUBACK the device would send it again and again, and nothing behind it.
            const { code, message: why } = error;
            this.#dependencies.log.warn(
                { route: this.route, topic: name, code, why },
                "a board's message was refused: acknowledged and dropped",
            );
            if (name === "msg") this.#tellOutcome(payload, { y: code });
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
        await this.#dependencies.events.registered(this.route, fields);
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
        const { message } = await this.#dependencies.intake.accept(
            boardSender(this.route),
            readMessage(payload, this.number),
        );
        this.#tellOutcome(payload, { m: message.id });
    }

    /** It leaves before the PUBACK, which alone means that the message is accepted. */
    #tellOutcome(payload: Buffer, outcome: Outcome): void {
        if (this.#qos === undefined) return;
        this.#connection?.write(encodePublish(this.inbox, encodeOutcome(payload, outcome), 0));
    }

    /** @throws GatewayError too_many: it would have to wait for too long */
    async #inTurn(pace: "messages" | "reports"): Promise<void> {
        if (await this.#dependencies[pace].wait(this.route)) return;
        throw new GatewayError("too_many", "This board sends more than it may.");
    }

    subscribed(qos: 0 | 1): void {
        this.#qos = qos;
        this.#dependencies.events.subscribed(this.route);
    }

    /** For delivery this is as good as a new connection: it has to subscribe again before it gets anything. */
    unsubscribed(): void {
        if (this.#qos === undefined) return;
        this.#qos = undefined;
        this.#written = this.#written?.filter((written) => "answer" in written); // pushes will be written anew
        this.#dependencies.events.closed(this.route);
        if (this.#connection) this.#dependencies.events.connected(this.route, this.#address);
    }

    push(sequence: number, payload: Buffer): boolean {
        const connection = this.#connection;
        if (connection === undefined || this.#qos === undefined) return false;
        if (this.#qos === 1) {
            const packetId = this.#nextPacketId();
            const written = (this.#written ??= []);
            // the board has registered again, and the push that was written before comes again
            const before = written.findIndex((one) => !("answer" in one) && one.sequence === sequence);
            if (before >= 0) written.splice(before, 1);
            written.push({ packetId, sequence });
            connection.write(encodePublish(this.inbox, payload, packetId));
        } else {
            // The client asked for at most once: nothing more than "written" will ever be known.
            connection.write(encodePublish(this.inbox, payload, 0), () => {
                if (this.#qos === 0) this.#dependencies.events.acknowledged(this.route, sequence);
            });
        }
        return true;
    }

    /** Dropped when the device does not read: it would wait in memory, and be old when it is read. */
    notify(payload: Buffer): boolean {
        const connection = this.#connection;
        if (connection === undefined || this.#qos === undefined || connection.stuckMs !== undefined) return false;
        connection.write(encodePublish(this.inbox, payload, 0));
        return true;
    }

    notifyAcknowledged(payload: Buffer): Promise<boolean> {
        const connection = this.#connection;
        const notices = this.#written?.filter((written) => "answer" in written) ?? [];
        if (connection === undefined || this.#qos !== 1 || notices.length >= MAX_NOTICES) {
            return Promise.resolve(false);
        }
        return new Promise((answer) => {
            const packetId = this.#nextPacketId();
            (this.#written ??= []).push({ packetId, answer });
            connection.write(encodePublish(this.inbox, payload, packetId));
        });
    }

    /** MQTT-2.3.1-4: one that is not in use. */
    #nextPacketId(): number {
        do this.#lastPacketId = (this.#lastPacketId % MAX_PACKET_ID) + 1;
        while (this.#written?.some(({ packetId }) => packetId === this.#lastPacketId) === true);
        return this.#lastPacketId;
    }

    acknowledged(packetId: number): void {
        const written = this.#written?.find((one) => one.packetId === packetId);
        if (written === undefined) return;
        this.#written = this.#written!.length === 1 ? undefined : this.#written!.filter((one) => one !== written);
        if ("answer" in written) written.answer(true);
        else this.#dependencies.events.acknowledged(this.route, written.sequence);
    }

    ended(): void {
        const wasReady = this.#connection !== undefined;
        this.#connection = undefined;
        this.#qos = undefined;
        for (const written of this.#written ?? []) if ("answer" in written) written.answer(false);
        this.#written = undefined;
        if (wasReady) this.#dependencies.events.closed(this.route);
    }
}
