import type { Bytes } from "../../shared/bytes.ts";
import { addField } from "../../shared/push/fields.ts";
import { KEEP_ALIVE_S } from "../../shared/push/limits.ts";
import { enrolClientId, enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { createDecoder } from "../../shared/wire/decode.ts";
import { encodeConnect, encodeSubscribe } from "../../shared/wire/encode.ts";
import { backoffMs, NEW_ADDRESS_MS, SPACING_MS } from "./backoff.ts";
import { encodeSaying, writeOutbox } from "./outbox.ts";
import { emit, takePacketId } from "./session.ts";
import type { Session } from "./session.ts";
import { nextState } from "./states.ts";
import type { Event } from "./states.ts";

/** How long each phase may take. SUBACK has as long as CONNACK. */
export const DNS_MS = 5000;
export const TCP_MS = 10000;
export const CONNACK_MS = 10000;

export function keepAliveS(session: Session): number {
    const given = session.settings.keepAliveS;
    return given === undefined ? KEEP_ALIVE_S : given;
}

/** Nothing was received for half the keepalive: time to ask. */
export function quietMs(session: Session): number {
    return keepAliveS(session) * 500;
}

/** True if the host is an address already: only digits, dots, and an IPv6 address's colons. */
function isAddress(host: string): boolean {
    for (let i = 0; i < host.length; i++) {
        const code = host.charCodeAt(i);
        if (code === 58) return true;
        if (code !== 46 && (code < 48 || code > 57)) return false;
    }
    return true;
}

/** @see shared/push/registration.ts */
function registration(session: Session): Bytes {
    const body = session.body;
    let json = addField("", "r", body.runtime);
    json = addField(json, "v", body.firmware);
    json = addField(json, "a", session.address);
    json = addField(json, "y", session.why);
    json = addField(json, "m", body.packetOctets);
    json = addField(json, "w", body.window);
    if (session.memory.epoch !== 0) {
        json = addField(json, "e", session.memory.epoch);
        json = addField(json, "n", session.memory.sequence);
    }
    json = addField(json, "f", session.freeOctets);
    json = addField(json, "q", session.signalDbm);
    return json + "}";
}

/** CONNECT, SUBSCRIBE, what was not shown, and the registration: all in one write, so that the first push is two round trips after SYN. */
function introduce(session: Session): void {
    const credentials = session.credentials;
    session.subscribeId = takePacketId(session);
    const enrolling = credentials === undefined;
    const route = enrolling ? enrolClientId(session.body.chip) : credentials.route;
    const userName = enrolling ? "" + session.settings.number : route;
    const password = enrolling ? "" + session.settings.code : credentials.secret;
    const filter = enrolling ? enrolTopic(session.body.chip) : inboxTopic(route);
    const data = encodeConnect(route, userName, password, keepAliveS(session));
    emit(session, { type: "send", data: data + encodeSubscribe(session.subscribeId, filter) });
    if (enrolling) return;
    writeOutbox(session, "nack");
    session.registerId = takePacketId(session);
    emit(session, { type: "send", data: encodeSaying(session, "reg", registration(session), session.registerId) });
}

/** Forgets all that belonged to the connection: what was not acknowledged will come, or go, again. */
function forget(session: Session): void {
    session.decoder = createDecoder(session.body.packetOctets);
    session.pinging = false;
    session.ackDueAt = undefined;
    session.registerId = 0;
    for (const item of session.outbox) item.packetId = 0;
    session.inbox = [];
    session.busy = false;
    session.retryAt = undefined;
    session.offered = undefined;
}

/** Leaves a connection that failed, or a state that has no connection yet, to try again later; or at once, with a new address. */
function wait(session: Session, event: Event): void {
    let delayMs = 0;
    if (event === "linkUp" || event === "enrolled") {
        delayMs = session.body.random(NEW_ADDRESS_MS + 1);
    } else {
        session.tries++;
        delayMs = backoffMs(session.tries, session.body);
        const spaced = SPACING_MS - (session.nowMs - session.dialedAt);
        if (delayMs < spaced) delayMs = spaced;
    }
    session.dueAt = session.nowMs + delayMs;
}

function dial(session: Session, address: string): void {
    session.state = nextState(session.state, "resolved");
    session.target = address;
    session.dueAt = session.nowMs + TCP_MS;
    emit(session, { type: "dial", address: address, port: session.settings.port });
}

/** Looks the gateway up, or dials at once: an address needs no look-up, and every other try takes the last good one, in case DNS lies. */
function resolve(session: Session): void {
    const host = session.settings.host;
    const known = session.memory.gateway;
    session.dialedAt = session.nowMs;
    session.target = host;
    session.dueAt = session.nowMs + DNS_MS;
    if (isAddress(host)) dial(session, host);
    else if (known !== undefined && session.tries % 2 === 1) dial(session, known);
    else emit(session, { type: "resolve", host: host });
}

/** What the gateway's address was, for when its name cannot be resolved. */
function remember(session: Session): void {
    if (session.target === session.settings.host || session.target === session.memory.gateway) return;
    session.memory.gateway = session.target;
    session.dirty = true;
}

/** Follows the machine: leaves the state it was in, and does what the next one begins with. */
export function become(session: Session, event: Event): void {
    const was = session.state;
    const next = nextState(was, event);
    if (was !== "offline" && was !== "waiting" && (next === "waiting" || next === "offline")) {
        if (event !== "closed") emit(session, { type: "hangUp" });
        if (was === "online" && event === "closed") session.why = "gateway";
        else if (was === "online") session.why = "lost";
        forget(session);
        if (event === "late" || event === "closed" || event === "garbled") {
            const what = event === "late" ? "no answer" : event === "closed" ? "closed" : "not a gateway's answer";
            session.trouble = what + " while " + was + " " + session.target;
        }
    }
    session.state = next;
    if (next === "waiting") {
        wait(session, event);
    } else if (next === "resolving") {
        resolve(session);
    } else if (next === "connecting") {
        session.dueAt = session.nowMs + CONNACK_MS;
        introduce(session);
    } else if (next === "subscribing") {
        session.dueAt = session.nowMs + CONNACK_MS;
        remember(session);
    } else if (next === "online") {
        session.onlineAt = session.nowMs;
        session.dueAt = session.nowMs + quietMs(session);
        session.registered = session.address;
        session.trouble = undefined;
        writeOutbox(session);
    }
}

/** The look-up's answer. Without one, the last good address has to do. */
export function resolved(session: Session, address: string | undefined): void {
    const target = address === undefined ? session.memory.gateway : address;
    if (session.state !== "resolving") return;
    if (target !== undefined) dial(session, target);
    else become(session, "late");
}
