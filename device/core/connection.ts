import type { Bytes } from "../../shared/bytes.ts";
import { enrolClientId, outTopic } from "../../shared/push/topics.ts";
import { encodeConnect, encodePublish, encodeSubscribe } from "../../shared/wire/encode.ts";
import { backoffMs, NEW_ADDRESS_MS, STABLE_MS } from "./backoff.ts";
import { acknowledge, inbox } from "./inbox.ts";
import { encodeOutbox, flush } from "./outbox.ts";
import { emit, takeId } from "./session.ts";
import type { Session } from "./session.ts";
import { State, stateName } from "./states.ts";

/** How long each phase may take; SUBACK has as long as CONNACK. And how long a PINGRESP, or any other octet, may take. */
export const DNS_MS = 5000;
export const TCP_MS = 10000;
export const CONNACK_MS = 10000;
export const PINGRESP_MS = 5000;

/** What the screen says when the gateway hung up. */
const CLOSED = "closed";

/** Goes to a state that may last so long. */
export function enter(session: Session, state: State, forMs: number, text?: string): void {
    session.state = state;
    session.dueAt = session.now + forMs;
    emit(session, "show", stateName(state), text);
}

/** Leaves the connection, or the way to one, and forgets all that belonged to it: what was not acknowledged will go, or come, again. */
function drop(session: Session): void {
    if (session.state <= State.waiting) return;
    emit(session, "hangUp");
    session.buffer = "";
    session.skip = 0;
    session.pinging = false;
    session.pushId = 0;
    session.offered = undefined;
    for (const saying of session.outbox) saying.packetId = 0;
}

/** Something went wrong: try again later. If it had been online, the next registration says why it is not. @param text what, for the screen */
export function retreat(session: Session, text: string): void {
    const at = stateName(session.state);
    if (session.state === State.online) {
        session.why = text === CLOSED ? "gateway" : "lost";
        if (session.now - session.onlineAt >= STABLE_MS) session.tries = 0;
    }
    drop(session);
    session.tries++;
    const delayMs = backoffMs(session.tries, session.baseS, session.board.random);
    enter(session, State.waiting, delayMs, text + " (" + at + ", " + session.target + ")");
}

export function closed(session: Session): void {
    if (session.state > State.resolving) retreat(session, CLOSED);
}

/** Dials soon: with a new address, or with new credentials. */
export function restart(session: Session): void {
    drop(session);
    session.state = State.waiting;
    session.dueAt = session.now + session.board.random(NEW_ADDRESS_MS + 1);
}

/** A new address: whatever is open is dead, though nothing closed it. */
export function linkUp(session: Session, address: string): void {
    const settings = session.settings;
    if (address === session.address) return;
    session.address = address;
    if (session.credentials === undefined && (settings.code === undefined || settings.number === undefined)) {
        emit(session, "show", "offline", "no secret or code: enrol this device");
        return;
    }
    if (session.registered !== "") {
        if (address !== session.registered) session.why = "address";
        else if (session.state === State.offline) session.why = "link";
    }
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

/** Begins a try. An address (it has no letters) needs no look-up, and every other try takes the last good one, in case the look-up lies. */
export function resolve(session: Session): void {
    const host = session.settings.host;
    if (host.toUpperCase() === host.toLowerCase()) {
        dial(session, host);
    } else if (session.known !== "" && session.tries % 2 === 1) {
        dial(session, session.known);
    } else {
        session.target = host;
        emit(session, "resolve", host);
        enter(session, State.resolving, DNS_MS);
    }
}

/** The look-up's answer. Without one, the last good address has to do. */
export function resolved(session: Session, address?: string): void {
    const target = address ?? session.known;
    if (session.state !== State.resolving) return;
    if (target !== "") dial(session, target);
    else retreat(session, "name not found");
}

/**
 * The connection is open. CONNECT, SUBSCRIBE, what could not be shown, and the registration leave in one write, so that the first
 * push is two round trips after SYN. @param about `Platform.about`
 */
export function opened(session: Session, about: Bytes): void {
    const board = session.board;
    const credentials = session.credentials;
    const settings = session.settings;
    if (session.state !== State.dialing) return;
    const enrolling = credentials === undefined;
    const user = enrolling ? settings.number! : credentials.route;
    const password = enrolling ? settings.code! : credentials.secret;
    let data =
        encodeConnect(enrolling ? enrolClientId(board.chip) : user, user, password, session.keepS) +
        encodeSubscribe(takeId(session), inbox(session));
    if (!enrolling) {
        const where = ',"a":"' + session.address + '","y":"' + session.why + '","m":' + board.packetOctets;
        const marks = ',"w":' + board.window + ',"e":' + session.era + ',"n":' + session.mark + "}";
        data +=
            encodeOutbox(session, true) +
            encodePublish(takeId(session), outTopic(user, "reg"), "{" + about + where + marks);
    }
    emit(session, "send", data);
    enter(session, State.connecting, CONNACK_MS);
}

/** The credentials that were offered are in flash: now they count, and the gateway may know. If they are not, it will give them again. */
export function saved(session: Session, safe: boolean): void {
    const offered = session.offered;
    if (!safe || offered === undefined) return;
    const enrolled = session.credentials === undefined;
    session.credentials = offered;
    session.offered = undefined;
    acknowledge(session, session.offeredId);
    if (enrolled) restart(session);
}

export function subscribed(session: Session): void {
    session.onlineAt = session.now;
    session.registered = session.address;
    if (session.target !== session.settings.host && session.target !== session.known) {
        session.known = session.target; // for when the name cannot be resolved
        session.dirty = true;
    }
    enter(session, State.online, session.keepS * 500);
    flush(session);
}
