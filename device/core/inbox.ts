import type { Bytes } from "../../shared/bytes.ts";
import type { Fields } from "../../shared/push/fields.ts";
import type { NackWhy, Urgency } from "../../shared/push/message.ts";
import { encodePuback } from "../../shared/wire/encode.ts";
import { nack } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";
import type { Push } from "./states.ts";

/** A handler that throws is tried again, twice, a second apart; then the message is parked and the next one goes on. */
export const TRIES = 3;
export const RETRY_MS = 1000;

/** Pushes that may wait for the one being handled. A gateway that sends more than its window gets no PUBACK for them. */
export const INBOX = 16;

/** A push that is being handled, or waits for the one before it. */
export interface Incoming {
    push: Push;
    /** of its PUBLISH; 0 with QoS 0 */
    packetId: number;
    /** seconds since 1970, as the gateway wrote it; 0: it does not expire */
    expires: number;
    /** set: it cannot be shown */
    why: NackWhy | undefined;
    /** how often the handler threw */
    failures: number;
}

function textOf(value: Fields[string]): Bytes | undefined {
    return typeof value === "string" ? value : undefined;
}

/** Reads `{"n":sequence` off the head of a push that cannot be taken whole. 0: it does not start so. */
function readSequence(head: Bytes): number {
    let sequence = 0;
    if (head.slice(0, 5) === '{"n":') {
        for (let at = 5; at < head.length; at++) {
            const digit = head.charCodeAt(at) - 48;
            if (digit < 0 || digit > 9) break;
            sequence = sequence * 10 + digit;
        }
    }
    return sequence;
}

export function acknowledge(session: Session, packetId: number): void {
    if (packetId !== 0) emit(session, { type: "send", data: encodePuback(packetId) });
}

/** The present second, as far as the gateway told. 0: it has not. */
function clockS(session: Session): number {
    if (session.clockS === 0) return 0;
    return session.clockS + Math.floor((session.nowMs - session.clockAt) / 1000);
}

/** The push at the head of the inbox is done with, shown or not: noted, acknowledged, gone. */
function finish(session: Session, incoming: Incoming): void {
    if (incoming.push.sequence > session.memory.sequence) {
        session.memory.sequence = incoming.push.sequence;
        session.dirty = true;
    }
    acknowledge(session, incoming.packetId);
    session.inbox.shift();
}

/** Hands the next push to the handler. Those that were seen before, or cannot be shown, are done with on the way. */
export function deliverNext(session: Session): void {
    while (!session.busy && session.retryAt === undefined && session.inbox.length > 0) {
        const incoming = session.inbox[0]!;
        const push = incoming.push;
        if (push.sequence > session.memory.sequence) {
            let why = incoming.why;
            if (why === undefined && incoming.expires !== 0 && incoming.expires <= clockS(session)) why = "expired";
            if (why === undefined) {
                session.busy = true;
                emit(session, { type: "deliver", message: push });
                return;
            }
            nack(session, push.sequence, why);
        }
        finish(session, incoming);
    }
}

/** The handler returned, or threw. */
export function handled(session: Session, sequence: number, failed: boolean): void {
    const incoming = session.inbox.length > 0 ? session.inbox[0] : undefined;
    if (!session.busy || incoming === undefined || incoming.push.sequence !== sequence) {
        // its connection ended meanwhile: the gateway will send it again, and must then find it seen
        if (!failed && sequence > session.memory.sequence) {
            session.memory.sequence = sequence;
            session.dirty = true;
        }
        return;
    }
    session.busy = false;
    if (failed) incoming.failures++;
    if (failed && incoming.failures < TRIES) {
        session.retryAt = session.nowMs + RETRY_MS;
        return;
    }
    if (failed) nack(session, sequence, "handler");
    finish(session, incoming);
    deliverNext(session);
}

/** Takes a push out of its PUBLISH. @param fields of its payload; undefined: that was no flat JSON @param head the payload or its first octets */
export function takePush(
    session: Session,
    packetId: number,
    fields: Fields | undefined,
    head: Bytes,
    oversize: boolean,
): void {
    const given = fields === undefined ? {} : fields;
    const body = textOf(given.b);
    const sequence = typeof given.n === "number" ? given.n : readSequence(head);
    if (sequence < 1) {
        acknowledge(session, packetId); // nothing of ours: there is no number to refuse it by
        return;
    }
    if (session.inbox.length >= INBOX) return;
    const urgency = textOf(given.u);
    session.inbox.push({
        push: {
            sequence: sequence,
            body: body === undefined ? "" : body,
            title: textOf(given.t),
            urgency: (urgency === undefined ? "normal" : urgency) as Urgency,
            from: textOf(given.f),
            collapseKey: textOf(given.k),
        },
        packetId: packetId,
        expires: typeof given.x === "number" ? given.x : 0,
        why: oversize ? "oversize" : body === undefined ? "garbled" : undefined,
        failures: 0,
    });
    deliverNext(session);
}
