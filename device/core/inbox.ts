import type { Bytes } from "../../shared/bytes.ts";
import { readFields } from "../../shared/push/fields.ts";
import type { NackWhy, Urgency } from "../../shared/push/message.ts";
import { enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { readPublish } from "../../shared/wire/decode.ts";
import { encodePuback } from "../../shared/wire/encode.ts";
import type { Packet } from "../../shared/wire/packets.ts";
import { BASE_S } from "./backoff.ts";
import { OUTBOX, said } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";

/** A handler that throws is tried again, twice; then the message is parked and the next one goes on. */
export const TRIES = 3;

/** Between two writes of the session slot: flash wears out. */
export const SAVE_MS = 3600000;

/** Writes down what is to be remembered, now. */
export function save(session: Session): void {
    session.dirty = false;
    session.savedAt = session.now;
    const marks = '{"epoch":' + session.era + ',"sequence":' + session.mark;
    emit(session, "save", "session", marks + ',"gateway":"' + session.known + '"}');
}

export function acknowledge(session: Session, packetId: number): void {
    if (packetId !== 0) emit(session, "send", encodePuback(packetId));
}

/** A push is done with. @param why it was not shown ("": it was): the nack goes before the PUBACK */
function finish(session: Session, sequence: number, packetId: number, why: NackWhy | ""): void {
    session.mark = sequence;
    session.dirty = true;
    if (why !== "" && session.outbox.length < OUTBOX * 2) {
        said(session, { topic: "nack", payload: '{"n":' + sequence + ',"y":"' + why + '"}', packetId: 0 });
    }
    acknowledge(session, packetId);
}

/** Where this device is told something: its pushes, or its first credentials. */
export function inbox(session: Session): string {
    const credentials = session.credentials;
    return credentials === undefined ? enrolTopic(session.board.chip) : inboxTopic(credentials.route);
}

/** Takes a PUBLISH to the inbox: a push, the hello, a notice of an overflow, or a secret. @returns false: it is none */
export function takePublish(session: Session, packet: Packet): boolean {
    const publish = readPublish(packet);
    if (publish === undefined) return false;
    const packetId = publish.packetId;
    const payload = publish.payload;
    // what is not for this device is acknowledged all the same: left alone it would be sent again and again
    const whole = publish.topic === inbox(session) ? readFields(payload) : {};
    // of what is no flat JSON as a whole the first pair may still be one: {"n":sequence,
    const fields = whole ?? readFields(payload.slice(0, payload.indexOf(",")) + "}") ?? {};
    const credentials = session.credentials;
    const route = credentials === undefined ? fields.r : credentials.route;
    const sequence = fields.n;
    const body = fields.b;
    if (typeof fields.s === "string" && typeof route === "string") {
        session.offered = { route: route, secret: fields.s };
        session.offeredId = packetId;
        emit(session, "save", "credentials", '{"route":"' + route + '","secret":"' + fields.s + '"}');
        return true;
    }
    if (typeof fields.e === "number" && typeof fields.c === "number") {
        session.clockS = fields.c;
        session.clockAt = session.now;
        session.baseS = typeof fields.d === "number" ? fields.d : BASE_S;
        if (fields.e !== session.era) {
            // a new numbering: the old mark says nothing in it
            session.era = fields.e;
            session.mark = 0;
            save(session);
        }
    }
    if (fields.o !== undefined) emit(session, "show", "online", fields.o + " messages dropped: too many waited");
    if (typeof sequence !== "number" || sequence <= session.mark) {
        acknowledge(session, packetId); // no push at all, or seen before
    } else if (whole === undefined || typeof body !== "string") {
        finish(session, sequence, packetId, packet.oversize ? "oversize" : "garbled");
    } else if (
        typeof fields.x === "number" &&
        session.clockS !== 0 &&
        fields.x <= session.clockS + Math.floor((session.now - session.clockAt) / 1000)
    ) {
        finish(session, sequence, packetId, "expired");
    } else {
        session.showing = {
            sequence: sequence,
            body: body,
            title: fields.t as Bytes | undefined,
            urgency: fields.u as Urgency | undefined,
            from: fields.f as Bytes | undefined,
            collapseKey: fields.k as Bytes | undefined,
        };
        session.pushId = packetId;
        session.failures = 0;
        emit(session, "handle", session.showing);
    }
    return true;
}

/** The handler returned, or threw. */
export function handled(session: Session, shown: boolean): void {
    const push = session.showing;
    if (push === undefined) return;
    session.failures++;
    if (!shown && session.failures < TRIES) {
        emit(session, "handle", push);
        return;
    }
    session.showing = undefined;
    finish(session, push.sequence, session.pushId, shown ? "" : "handler");
}
