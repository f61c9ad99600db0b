import type { AedesPacket } from "aedes-packet";
import { MAX_PACKET_OCTETS, PACKET_OCTETS } from "../../shared/push/limits.ts";
import type { OutgoingTopic } from "../../shared/push/topics.ts";
import { inboxTopic, outTopic } from "../../shared/push/topics.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents } from "../ports/connections.ts";
import type { Route } from "../registration.ts";
import type { Identities } from "./identify.ts";
import type { Link, Peer } from "./peer.ts";
import { readRegistration } from "./registration-payload.ts";

const OUTGOING: OutgoingTopic[] = ["reg", "read", "nack", "msg"];
const PUSH = "push";
const TELL = "tell";
/** Messages outside the numbering that may wait for their PUBACK. */
const MAX_TELLS = 4;

type House = Pick<Identities, "events" | "turnOf" | "log">;

/** A device on its route: its inbox, its four out topics, nothing else. */
export class DevicePeer implements Peer {
    readonly kind = "device";
    readonly inbox: string;
    readonly route: Route;
    readonly #events: ConnectionEvents;
    readonly #turnOf: House["turnOf"];
    readonly #log: Log;
    readonly #address: { address: string; port: number };
    readonly #topics: Map<string, OutgoingTopic>;
    #link: Link | undefined;
    /** QoS of the inbox; undefined: not subscribed */
    #qos: 0 | 1 | undefined;
    /** pushes by the packet id they were written with */
    readonly #pushes = new Map<number, number>();
    #lastTell = 0;
    readonly #tells = new Map<number, (acknowledged: boolean) => void>();
    readonly #tellIds = new Map<number, number>();
    get online(): boolean {
        return this.#link !== undefined;
    }

    /** because its link or its address changed: then a short connection is nobody's fault */
    moved = false;

    constructor(route: Route, address: { address: string; port: number }, house: House) {
        this.route = route;
        this.#address = address;
        this.#events = house.events;
        this.#turnOf = house.turnOf;
        this.#log = house.log;
        this.inbox = inboxTopic(route);
        this.#topics = new Map(OUTGOING.map((saying) => [outTopic(route, saying), saying]));
    }

    ready(link: Link): void {
        this.#link = link;
        link.maxOctets = PACKET_OCTETS;
        this.#events.connected(this.route, this.#address);
    }

    publishes(topic: string, payload: Buffer): Promise<void> | undefined {
        const saying = this.#topics.get(topic);
        if (saying === undefined) return undefined;
        if (saying === "msg") return this.#message(payload);
        if (saying !== "reg") return this.#events.said(this.route, saying, payload);
        const fields = readRegistration(payload);
        if (fields === undefined) {
            this.#log.warn({ route: this.route }, "a registration that is no JSON object was ignored");
            return Promise.resolve();
        }
        this.moved = fields.y === "address" || fields.y === "link";
        if (this.#link) this.#link.maxOctets = Math.min(MAX_PACKET_OCTETS, Math.max(PACKET_OCTETS, fields.m));
        return this.#events.registered(this.route, fields);
    }

    /** To another number, or to thousands of them: a board that was taken over shall not fill everybody's screen. */
    async #message(payload: Buffer): Promise<void> {
        if (!(await this.#turnOf(this.route))) {
            throw new GatewayError("too_many", "This board says more messages than it may.");
        }
        await this.#events.said(this.route, "msg", payload);
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
        if (this.#link) this.#events.connected(this.route, this.#address);
    }

    push(sequence: number, payload: Buffer): boolean {
        if (this.#link === undefined || this.#qos === undefined) return false;
        if (this.#qos === 1) {
            this.#link.write(this.inbox, payload, 1, { brokerId: PUSH, brokerCounter: sequence });
        } else {
            // At most once is what the client asked for: written is as much as will ever be known.
            this.#link.write(this.inbox, payload, 0, undefined, () => {
                if (this.#qos === 0) this.#events.acknowledged(this.route, sequence);
            });
        }
        return true;
    }

    /** Dropped when the device does not read: it would wait in memory, and be old when it is read. */
    tell(payload: Buffer): boolean {
        if (this.#link === undefined || this.#qos === undefined || this.#link.backedUp) return false;
        this.#link.write(this.inbox, payload, 0);
        return true;
    }

    tellOnce(payload: Buffer): Promise<boolean> {
        const link = this.#link;
        if (link === undefined || this.#qos !== 1 || this.#tells.size >= MAX_TELLS) return Promise.resolve(false);
        return new Promise((resolve) => {
            this.#tells.set(++this.#lastTell, resolve);
            link.write(this.inbox, payload, 1, { brokerId: TELL, brokerCounter: this.#lastTell });
        });
    }

    written(packetId: number, packet: AedesPacket): void {
        const ids = packet.brokerId === PUSH ? this.#pushes : this.#tellIds;
        ids.set(packetId, packet.brokerCounter);
    }

    acknowledged(packetId: number): void {
        const sequence = this.#pushes.get(packetId);
        if (sequence !== undefined) {
            this.#pushes.delete(packetId);
            this.#events.acknowledged(this.route, sequence);
            return;
        }
        const tell = this.#tellIds.get(packetId) ?? 0;
        this.#tellIds.delete(packetId);
        this.#tells.get(tell)?.(true);
        this.#tells.delete(tell);
    }

    close(why: string): void {
        this.#link?.close(why);
    }

    ended(): void {
        const wasReady = this.#link !== undefined;
        this.#link = undefined;
        this.#qos = undefined;
        this.#pushes.clear();
        for (const resolve of this.#tells.values()) resolve(false);
        this.#tells.clear();
        if (wasReady) this.#events.closed(this.route);
    }
}
