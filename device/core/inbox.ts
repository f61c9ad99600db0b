import type { Bytes } from "../../shared/bytes.ts";
import { readFields, takeFields } from "../../shared/push/fields.ts";
import type { Fields } from "../../shared/push/fields.ts";
import type { NackWhy, Urgency } from "../../shared/push/message.ts";
import { enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { readPublish } from "../../shared/wire/decode.ts";
import { encodePuback } from "../../shared/wire/encode.ts";
import type { First } from "../../shared/wire/packets.ts";
import { BASE_S } from "./backoff.ts";
import type { Push, Taken } from "./events.ts";
import { OUTBOX, say, settle } from "./outbox.ts";
import type { Session } from "./session.ts";

/** A handler that throws is tried again, twice; then the message is parked and the next one goes on. */
export const TRIES = 3;

/** A handler that returned `false` gets its message again after so long, or on the next connection. */
export const LATER_MS = 30000;

/** Between two writes of the session slot: flash wears out. */
export const SAVE_MS = 3600000;

/** Writes the session slot now. */
export function save(session: Session): void {
    session.dirty = false;
    session.savedAt = session.now;
    const tried = `"tried":${session.suspect},"times":${Math.max(0, session.trials)}`;
    const json = `{"epoch":${session.era},"sequence":${session.mark},"gateway":"${session.known}",${tried}}`;
    session.outputs.push({ type: "save", slot: "session", json: json });
}

export function acknowledge(session: Session, packetId: number): void {
    if (packetId !== 0) session.outputs.push({ type: "send", data: encodePuback(packetId) });
}

/** A push is not shown. The nack goes before the PUBACK. */
function refuse(session: Session, sequence: number, packetId: number, why: NackWhy): void {
    session.mark = sequence;
    session.dirty = true;
    if (session.outbox.length < OUTBOX * 2) say(session, "nack", `{"n":${sequence},"y":"${why}"}`, undefined);
    acknowledge(session, packetId);
}

/** The topic of what the gateway sends to this device: its pushes, or its first credentials. */
export function inbox(session: Session): string {
    const route = session.route;
    return route === undefined ? enrolTopic(session.board.chip) : inboxTopic(route);
}

/** A number that the gateway may give. @returns 0: it is not there, and none of them is ever 0 */
function numberOf(value: unknown): number {
    return typeof value === "number" ? value : 0;
}

function show(session: Session, text: string): void {
    session.outputs.push({ type: "state", state: "online", text: text });
}

/**
 * Counts the first push of a boot in flash, before the application has it, and no other: flash wears out. A board that restarts while its
 * application has a push gets the same one first, boot after boot. @returns false: it has had its tries
 */
function isTrusted(session: Session, sequence: number): boolean {
    session.trials = sequence === session.suspect ? session.trials + 1 : 1;
    session.suspect = sequence;
    save(session);
    return session.trials <= TRIES;
}

/** The gateway's clock, in seconds since 1970; 0: it is not known yet. */
export function clockS(session: Session): number {
    return session.clockS === 0 ? 0 : session.clockS + Math.floor((session.now - session.clockAt) / 1000);
}

/** Takes what comes beside the pushes: the hello, a notice of an overflow, what became of a message. */
function takeNotice(session: Session, fields: Fields): void {
    const epoch = numberOf(fields.e);
    const now = numberOf(fields.c);
    const refusal = fields.y;
    const id = fields.m;
    if (epoch > 0 && now > 0) {
        session.stale = undefined;
        session.clockS = now;
        session.clockAt = session.now;
        session.baseS = Math.max(BASE_S, numberOf(fields.d));
        if (epoch !== session.era) {
            // a new numbering: the old mark means nothing in it. Pushes that came before the first hello are of this one
            if (session.era > 0) session.mark = 0;
            session.era = epoch;
            session.suspect = 0;
            save(session);
        }
    }
    if (fields.o !== undefined) show(session, "too many messages, dropped: " + fields.o);
    if (typeof refusal === "string") {
        show(session, "a message was refused: " + refusal);
        settle(session, numberOf(fields.i), refusal, undefined);
    } else if (typeof id === "string") settle(session, numberOf(fields.i), undefined, id);
}

/** Takes a push. @param garbled why it cannot be shown ("": it can) @returns without effect where it comes again behind the hello */
function takePush(session: Session, packetId: number, fields: Fields, garbled: NackWhy | ""): void {
    const sequence = typeof fields.n === "number" ? fields.n : 0;
    const expires = fields.x;
    const body = fields.b;
    if (sequence <= session.mark) {
        acknowledge(session, packetId); // no push at all, or seen before
    } else if (garbled !== "" || typeof body !== "string") {
        refuse(session, sequence, packetId, garbled === "" ? "garbled" : garbled);
    } else if (session.stale === true) {
        // it comes again behind the hello, and so does the one before it, which the handler did not want yet
    } else if (typeof expires === "number" && expires > 0 && expires <= clockS(session)) {
        refuse(session, sequence, packetId, "expired");
    } else if (session.trials >= 0 && !isTrusted(session, sequence)) {
        refuse(session, sequence, packetId, "restarted");
    } else {
        const push: Push = {
            sequence: sequence,
            body: body,
            title: fields.t as Bytes | undefined,
            urgency: fields.u as Urgency | undefined,
            from: fields.f as Bytes | undefined,
            collapseKey: fields.k as Bytes | undefined,
        };
        session.handling = { push: push, packetId: packetId, failures: 0 };
        session.outputs.push({ type: "deliver", message: push });
    }
}

/** Takes what is no push: a secret, or what comes beside the pushes. Apart, so that a push does not load it from flash. */
function takeOther(session: Session, packetId: number, fields: Fields): void {
    const route = session.route ?? fields.r;
    const secret = fields.s;
    if (typeof secret === "string" && typeof route === "string") {
        session.offer = { route: route, secret: secret, packetId: packetId };
        const json = `{"route":"${route}","secret":"${secret}"}`;
        session.outputs.push({ type: "save", slot: "credentials", json: json });
    } else {
        takeNotice(session, fields);
        acknowledge(session, packetId);
    }
}

/** Takes a PUBLISH to the inbox: a push, the hello, a notice of an overflow or of a refusal, or a secret. @returns false: it is none */
export function takePublish(session: Session, first: First): boolean {
    const publish = readPublish(session, first);
    if (publish === undefined) return false;
    const packetId = publish.packetId;
    let fields: Fields = {};
    let why: NackWhy | "" = "";
    // what is not for this device is acknowledged all the same: left alone it would be sent again and again
    if (publish.topic === inbox(session)) {
        if (session.oversize) {
            // of the first octets the first pair can be read: {"n":sequence,
            const piece = session.pieces[0]!;
            fields = readFields(piece.slice(session.at, piece.indexOf(",", session.at)) + "}") ?? {};
            why = "oversize";
        } else if (!takeFields(session, fields)) {
            fields = { n: fields.n };
            why = "garbled";
        }
    }
    if (fields.n === undefined) takeOther(session, packetId, fields);
    else takePush(session, packetId, fields, why);
    return true;
}

/** The handler is done with the push. One that wants it later is left alone: registered anew, the gateway keeps the pushes until it is asked again. */
export function handled(session: Session, taken: Taken): void {
    const handling = session.handling;
    if (handling === undefined) return;
    handling.failures++;
    if (taken === false && handling.failures < TRIES) {
        session.outputs.push({ type: "deliver", message: handling.push });
        return;
    }
    session.handling = undefined;
    session.trials = -1;
    if (taken === true) {
        session.mark = handling.push.sequence;
        session.dirty = true;
        const packetId = handling.packetId; // not by `acknowledge`: a call more is memory more, beside the push
        if (packetId !== 0) session.outputs.push({ type: "send", data: encodePuback(packetId) });
    } else if (taken === false) {
        refuse(session, handling.push.sequence, handling.packetId, "handler");
    } else if (handling.packetId !== 0) {
        session.laterAt = session.now + LATER_MS;
        session.stale = true;
        session.outputs.push({ type: "describe" });
    }
}
