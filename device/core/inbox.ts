import type { Bytes } from "../../shared/bytes.ts";
import { readFields } from "../../shared/push/fields.ts";
import type { Fields } from "../../shared/push/fields.ts";
import type { NackWhy, Urgency } from "../../shared/push/message.ts";
import { encodePuback } from "../../shared/wire/encode.ts";
import { OUTBOX, say } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";

/** A handler that throws is tried again, twice; then the message is parked and the next one goes on. */
export const TRIES = 3;

/** Between two writes of the session slot: flash wears out. */
export const SAVE_MS = 3600000;

/** Writes the memory down, now. */
export function save(session: Session): void {
    const memory = session.memory;
    session.dirty = false;
    session.savedAt = session.nowMs;
    const marks = '{"epoch":' + memory.epoch + ',"sequence":' + memory.sequence;
    emit(session, "save", "session", marks + ',"gateway":"' + memory.gateway + '"}');
}

export function acknowledge(session: Session, packetId: number): void {
    if (packetId !== 0) emit(session, "send", encodePuback(packetId));
}

/** A push is done with. @param why it was not shown ("": it was): the nack goes before the PUBACK */
function finish(session: Session, sequence: number, packetId: number, why: NackWhy | ""): void {
    session.memory.sequence = sequence;
    session.dirty = true;
    if (why !== "" && session.outbox.length < OUTBOX * 2) {
        say(session, { topic: "nack", payload: '{"n":' + sequence + ',"y":"' + why + '"}', packetId: 0 });
    }
    acknowledge(session, packetId);
}

/** New credentials. They count, and are acknowledged, when they are in flash: see `saved`. */
export function offer(session: Session, route: Bytes, secret: Bytes, packetId: number): void {
    session.offered = { route: route, secret: secret };
    session.offeredId = packetId;
    emit(session, "save", "credentials", '{"route":"' + route + '","secret":"' + secret + '"}');
}

function textOf(value: Fields[string]): Bytes | undefined {
    return typeof value === "string" ? value : undefined;
}

/** The gateway's answer to a registration. A new epoch is a new numbering: the old mark says nothing in it. */
function hello(session: Session, epoch: number, clockS: Fields[string]): void {
    session.clockS = typeof clockS === "number" ? clockS : 0;
    session.clockAt = session.nowMs;
    if (epoch === session.memory.epoch) return;
    session.memory.epoch = epoch;
    session.memory.sequence = 0;
    save(session);
}

/** True if it expired, as far as the gateway told the time. */
function isExpired(session: Session, expires: Fields[string]): boolean {
    if (typeof expires !== "number" || session.clockS === 0) return false;
    return expires <= session.clockS + Math.floor((session.nowMs - session.clockAt) / 1000);
}

/**
 * Takes what came to the inbox: a push, the hello, a notice of an overflow, or a new secret.
 * @param payload flat JSON; its head, if it is oversize
 */
export function takeInbox(session: Session, packetId: number, payload: Bytes, oversize: boolean): void {
    const whole = readFields(payload);
    // of what is no flat JSON as a whole the first pair may still be one: {"n":sequence,
    const fields = whole !== undefined ? whole : readFields(payload.slice(0, payload.indexOf(",")) + "}");
    const sequence = fields !== undefined && typeof fields.n === "number" ? fields.n : 0;
    const body = fields !== undefined ? textOf(fields.b) : undefined;
    if (fields !== undefined && sequence === 0) {
        if (typeof fields.s === "string") {
            offer(session, session.credentials!.route, fields.s, packetId);
            return;
        }
        if (typeof fields.e === "number") hello(session, fields.e, fields.c);
        if (fields.o !== undefined)
            emit(session, "show", "online", fields.o + " messages were dropped: too many waited");
    }
    if (fields === undefined || sequence <= session.memory.sequence) {
        acknowledge(session, packetId); // seen before, or no push at all
    } else if (whole === undefined || body === undefined) {
        finish(session, sequence, packetId, oversize ? "oversize" : "garbled");
    } else if (isExpired(session, fields.x)) {
        finish(session, sequence, packetId, "expired");
    } else {
        session.push = {
            sequence: sequence,
            body: body,
            title: textOf(fields.t),
            urgency: textOf(fields.u) as Urgency | undefined,
            from: textOf(fields.f),
            collapseKey: textOf(fields.k),
        };
        session.pushId = packetId;
        session.failures = 0;
        emit(session, "handle", session.push);
    }
}

/** The handler returned, or threw. */
export function handled(session: Session, shown: boolean): void {
    const push = session.push;
    if (push === undefined) return;
    session.failures++;
    if (!shown && session.failures < TRIES) {
        emit(session, "handle", push);
        return;
    }
    session.push = undefined;
    finish(session, push.sequence, session.pushId, shown ? "" : "handler");
}
