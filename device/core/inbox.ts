import type { Bytes } from "../../shared/bytes.ts";
import { readFields } from "../../shared/push/fields.ts";
import type { NackWhy, Urgency } from "../../shared/push/message.ts";
import { enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { readPublish } from "../../shared/wire/decode.ts";
import { encodePuback } from "../../shared/wire/encode.ts";
import type { Packet } from "../../shared/wire/packets.ts";
import { BASE_S } from "./backoff.ts";
import { OUTBOX, said } from "./outbox.ts";
import { emit, now, session } from "./session.ts";

/** A handler that throws is tried again, twice; then the message is parked and the next one goes on. */
export const TRIES = 3;

/** Between two writes of the session slot: flash wears out. */
export const SAVE_MS = 3600000;

/** Writes down what is to be remembered, now. */
export function save(): void {
    session.dirty = false;
    session.savedAt = now;
    emit("save", "session", `{"epoch":${session.era},"sequence":${session.mark},"gateway":"${session.known}"}`);
}

export function acknowledge(packetId: number): void {
    if (packetId !== 0) emit("send", encodePuback(packetId));
}

/** A push is done with. @param why it was not shown ("": it was): the nack goes before the PUBACK */
function finish(sequence: number, packetId: number, why: NackWhy | ""): void {
    session.mark = sequence;
    session.dirty = true;
    if (why !== "" && session.outbox.length < OUTBOX * 2) {
        said({ topic: "nack", payload: `{"n":${sequence},"y":"${why}"}`, packetId: 0 });
    }
    acknowledge(packetId);
}

/** Where this device is told something: its pushes, or its first credentials. */
export function inbox(): string {
    const route = session.route;
    return route === undefined ? enrolTopic(session.board.chip) : inboxTopic(route);
}

/** A number that the gateway may give. @returns 0: it is not there, and none of them is ever 0 */
function numberOf(value: unknown): number {
    return typeof value === "number" ? value : 0;
}

/** Takes a PUBLISH to the inbox: a push, the hello, a notice of an overflow, or a secret. @returns false: it is none */
export function takePublish(packet: Packet): boolean {
    const publish = readPublish(packet);
    if (publish === undefined) return false;
    const packetId = publish.packetId;
    const payload = publish.payload;
    // what is not for this device is acknowledged all the same: left alone it would be sent again and again
    const whole = publish.topic === inbox() ? readFields(payload) : {};
    // of what is no flat JSON as a whole the first pair may still be one: {"n":sequence,
    const fields = whole ?? readFields(payload.slice(0, payload.indexOf(",")) + "}") ?? {};
    const route = session.route ?? fields.r;
    const secret = fields.s;
    const sequence = numberOf(fields.n);
    const epoch = numberOf(fields.e);
    const clockS = numberOf(fields.c);
    const expires = numberOf(fields.x);
    const body = fields.b;
    if (typeof secret === "string" && typeof route === "string") {
        session.offeredRoute = route;
        session.offeredSecret = secret;
        session.offeredId = packetId;
        emit("save", "credentials", `{"route":"${route}","secret":"${secret}"}`);
        return true;
    }
    if (epoch > 0 && clockS > 0) {
        session.clockS = clockS;
        session.clockAt = now;
        session.baseS = Math.max(BASE_S, numberOf(fields.d));
        if (epoch !== session.era) {
            // a new numbering: the old mark says nothing in it
            session.era = epoch;
            session.mark = 0;
            save();
        }
    }
    if (fields.o !== undefined) emit("show", "online", "too many messages, dropped: " + fields.o);
    if (sequence <= session.mark) {
        acknowledge(packetId); // no push at all, or seen before
    } else if (whole === undefined || typeof body !== "string") {
        finish(sequence, packetId, packet.oversize ? "oversize" : "garbled");
    } else if (
        expires > 0 &&
        session.clockS > 0 &&
        expires <= session.clockS + Math.floor((now - session.clockAt) / 1000)
    ) {
        finish(sequence, packetId, "expired");
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
        emit("handle", session.showing);
    }
    return true;
}

/** The handler returned, or threw. */
export function handled(shown: boolean): void {
    const push = session.showing!;
    session.failures++;
    if (!shown && session.failures < TRIES) {
        emit("handle", push);
    } else {
        session.showing = undefined;
        finish(push.sequence, session.pushId, shown ? "" : "handler");
    }
}
