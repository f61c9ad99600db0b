import type { Bytes } from "../../shared/bytes.ts";
import { addField } from "../../shared/push/fields.ts";
import type { NackWhy } from "../../shared/push/message.ts";
import { outTopic } from "../../shared/push/topics.ts";
import type { Saying } from "../../shared/push/topics.ts";
import { encodePublish } from "../../shared/wire/encode.ts";
import { emit, takePacketId } from "./session.ts";
import type { Session } from "./session.ts";
import type { Say } from "./states.ts";

/** Sayings that may wait. */
export const OUTBOX = 8;

/** No PUBACK in this time: the connection is of no use. */
export const ACK_MS = 20000;

/** Octets of a PUBLISH to `out/<route>/read` beside its payload, and some for an id that grows. */
const OVERHEAD_OCTETS = 48;

/** What the device has to say and the gateway has not acknowledged yet. It outlives connections, not a power cut. */
export interface OutItem {
    saying: Saying;
    payload: Bytes;
    /** on the connection that is open; 0: not written on it yet */
    packetId: number;
}

/** A saying as the PUBLISH it travels in. */
export function encodeSaying(session: Session, saying: Saying, payload: Bytes, packetId: number): Bytes {
    const route = session.credentials === undefined ? "" : session.credentials.route;
    session.ackDueAt = session.nowMs + ACK_MS;
    return encodePublish(packetId, outTopic(route, saying), payload);
}

/** Writes what was not written on this connection yet. @param saying only these; undefined: all */
export function writeOutbox(session: Session, saying?: Saying): void {
    for (const item of session.outbox) {
        if (item.packetId === 0 && (saying === undefined || item.saying === saying)) {
            item.packetId = takePacketId(session);
            emit(session, { type: "send", data: encodeSaying(session, item.saying, item.payload, item.packetId) });
        }
    }
}

function encodeSay(what: Say, id: number, boot: number): Bytes {
    if (what.say === "read") return addField("", "n", what.sequence) + "}";
    let json = addField("", "i", id);
    json = addField(json, "g", boot);
    json = addField(json, "to", what.to);
    json = addField(json, "b", what.body);
    json = addField(json, "t", what.title);
    json = addField(json, "u", what.urgency);
    json = addField(json, "k", what.collapseKey);
    json = addField(json, "l", what.ttlS);
    return json + "}";
}

/** @param waiting sayings on their way to `takeSay` @returns false: too much waits already, or it is too large for a packet */
export function canSay(session: Session, what: Say, waiting: number): boolean {
    const payload = encodeSay(what, session.lastSay, session.body.boot);
    return session.outbox.length + waiting < OUTBOX && payload.length + OVERHEAD_OCTETS <= session.body.packetOctets;
}

/** Takes what the application says: see `canSay`. */
export function takeSay(session: Session, what: Say): void {
    session.lastSay++;
    const payload = encodeSay(what, session.lastSay, session.body.boot);
    session.outbox.push({ saying: what.say, payload: payload, packetId: 0 });
    if (session.state === "online") writeOutbox(session);
}

/** Tells the gateway that a push was not shown. It goes before the push's PUBACK, and before the next registration. */
export function nack(session: Session, sequence: number, why: NackWhy): void {
    const payload = addField(addField("", "n", sequence), "y", why) + "}";
    session.outbox.push({ saying: "nack", payload: payload, packetId: 0 });
    writeOutbox(session, "nack");
}

/** PUBACK of a saying, or of the registration. */
export function acknowledged(session: Session, packetId: number): void {
    if (packetId === session.registerId) session.registerId = 0;
    const left: OutItem[] = [];
    let waiting = session.registerId !== 0;
    for (const item of session.outbox) {
        if (item.packetId !== packetId) {
            left.push(item);
            if (item.packetId !== 0) waiting = true;
        }
    }
    session.outbox = left;
    session.ackDueAt = waiting ? session.nowMs + ACK_MS : undefined;
}
