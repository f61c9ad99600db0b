import type { Bytes } from "../../shared/bytes.ts";
import { KEEP_ALIVE_S } from "../../shared/push/limits.ts";
import type { ConnectWhy } from "../../shared/push/registration.ts";
import { enrolClientId, enrolTopic, inboxTopic, outTopic } from "../../shared/push/topics.ts";
import { encodeConnect, encodePublish, encodeSubscribe } from "../../shared/wire/encode.ts";
import { backoffMs, NEW_ADDRESS_MS, STABLE_MS } from "./backoff.ts";
import { encodeOutbox } from "./outbox.ts";
import { emit, takeId } from "./session.ts";
import type { Session } from "./session.ts";
import { State, stateName } from "./states.ts";

/** How long each phase may take; SUBACK has as long as CONNACK. And how long a PINGRESP, or any other octet, may take. */
export const DNS_MS = 5000;
export const TCP_MS = 10000;
export const CONNACK_MS = 10000;
export const PINGRESP_MS = 5000;

export function keepAliveS(session: Session): number {
    const given = session.settings.keepAliveS;
    return given === undefined ? KEEP_ALIVE_S : given;
}

/** Goes to a state that may last so long. */
export function enter(session: Session, state: State, forMs: number, text?: string): void {
    session.state = state;
    session.dueAt = session.nowMs + forMs;
    emit(session, "show", stateName(state), text);
}

/** Leaves the connection, or the way to one, and forgets all that belonged to it: what was not acknowledged will go, or come, again. */
function drop(session: Session): void {
    if (session.state <= State.waiting) return;
    emit(session, "hangUp");
    session.decoder.buffer = "";
    session.decoder.skip = 0;
    session.pinging = false;
    session.pushId = 0;
    session.offered = undefined;
    for (const saying of session.outbox) saying.packetId = 0;
}

/** Something went wrong: try again later. @param text what, for the screen @param why said at the next registration, if this one had been online */
export function retreat(session: Session, text: string, why: ConnectWhy): void {
    const at = stateName(session.state);
    if (session.state === State.online) {
        session.why = why;
        if (session.nowMs - session.onlineAt >= STABLE_MS) session.tries = 0;
    }
    drop(session);
    session.tries++;
    const delayMs = backoffMs(session.tries, session.body.random);
    enter(session, State.waiting, delayMs, text + " (" + at + ", " + session.target + ")");
}

/** Dials soon: with a new address, or with new credentials. */
export function restart(session: Session): void {
    drop(session);
    session.state = State.waiting;
    session.dueAt = session.nowMs + session.body.random(NEW_ADDRESS_MS + 1);
}

/** A new address: whatever is open is dead, though nothing closed it. */
export function linkUp(session: Session, address: string): void {
    if (address === session.address) return;
    session.address = address;
    const settings = session.settings;
    if (session.credentials === undefined && (settings.code === undefined || settings.number === undefined)) {
        emit(session, "show", "offline", "no secret and no code: enrol this device");
        return;
    }
    if (session.registered !== "" && address !== session.registered) session.why = "address";
    else if (session.registered !== "" && session.state === State.offline) session.why = "link";
    restart(session);
}

export function linkDown(session: Session): void {
    session.address = "";
    drop(session);
    if (session.state !== State.offline) enter(session, State.offline, 0);
}

function dial(session: Session, address: string): void {
    session.target = address;
    emit(session, "dial", address);
    enter(session, State.dialing, TCP_MS);
}

/** True if it is an address and no name: digits and dots, or a colon somewhere. */
function isAddress(host: string): boolean {
    for (let i = 0; i < host.length; i++) {
        const code = host.charCodeAt(i);
        if (code > 57 || code < 46) return code === 58;
    }
    return true;
}

/** Begins a try. An address needs no look-up, and every other try takes the last good one, in case the look-up lies. */
export function resolve(session: Session): void {
    const host = session.settings.host;
    const known = session.memory.gateway;
    session.target = host;
    if (isAddress(host)) {
        dial(session, host);
    } else if (known !== "" && session.tries % 2 === 1) {
        dial(session, known);
    } else {
        emit(session, "resolve", host);
        enter(session, State.resolving, DNS_MS);
    }
}

/** The look-up's answer. Without one, the last good address has to do. */
export function resolved(session: Session, address: string | undefined): void {
    const known = session.memory.gateway;
    if (address !== undefined) dial(session, address);
    else if (known !== "") dial(session, known);
    else retreat(session, "the name was not found", "lost");
}

/**
 * The connection is open. CONNECT, SUBSCRIBE, what could not be shown, and the registration leave in one write, so that the first
 * push is two round trips after SYN. @param about `Platform.about`
 */
export function opened(session: Session, about: Bytes): void {
    const body = session.body;
    const credentials = session.credentials;
    const memory = session.memory;
    const settings = session.settings;
    let data = "";
    session.subscribeId = takeId(session);
    if (credentials === undefined) {
        const clientId = enrolClientId(body.chip);
        data =
            encodeConnect(clientId, settings.number!, settings.code!, keepAliveS(session)) +
            encodeSubscribe(session.subscribeId, enrolTopic(body.chip));
    } else {
        const route = credentials.route;
        const where = ',"a":"' + session.address + '","y":"' + session.why + '","m":' + body.packetOctets;
        const marks = ',"w":' + body.window + ',"e":' + memory.epoch + ',"n":' + memory.sequence;
        data =
            encodeConnect(route, route, credentials.secret, keepAliveS(session)) +
            encodeSubscribe(session.subscribeId, inboxTopic(route)) +
            encodeOutbox(session, true) +
            encodePublish(takeId(session), outTopic(route, "reg"), "{" + about + where + marks + "}");
    }
    emit(session, "send", data);
    enter(session, State.connecting, CONNACK_MS);
}

export function subscribed(session: Session): void {
    session.onlineAt = session.nowMs;
    session.registered = session.address;
    enter(session, State.online, keepAliveS(session) * 500);
    const data = encodeOutbox(session, false);
    if (data !== "") emit(session, "send", data);
}
