import type { Bytes } from "../../shared/bytes.ts";
import { enrolClientId } from "../../shared/push/topics.ts";
import { encodeConnect, encodeSubscribe } from "../../shared/wire/encode.ts";
import { backoffMs, NEW_ADDRESS_MS, STABLE_MS } from "./backoff.ts";
import { acknowledge, inbox } from "./inbox.ts";
import { encodeOutbox, flush, publish } from "./outbox.ts";
import { takeId } from "./session.ts";
import type { Session } from "./session.ts";
import { Event, State, stateName } from "./states.ts";

/** How long each phase may take; SUBACK has as long as CONNACK. And how long a PINGRESP, or any other octet, may take. */
export const DNS_MS = 5000;
export const TCP_MS = 10000;
export const CONNACK_MS = 10000;
export const PINGRESP_MS = 5000;

/** The event's cell for the state: the next state, or less than 0. */
export function nextState(session: Session, event: Event): number {
    return event.charCodeAt(session.state) - 48;
}

/** Forgets all that belonged to the connection, or to the way to one: what was not acknowledged will go, or come, again. */
function drop(session: Session): void {
    session.outputs.push({ type: "hangUp" });
    session.pieces = [];
    session.at = 0;
    session.skip = 0;
    session.pinging = false;
    session.offer = undefined;
    session.laterAt = undefined;
    session.stale = undefined;
    if (session.handling !== undefined) session.handling.packetId = 0;
    for (const outgoing of session.outbox) outgoing.packetId = 0;
}

/** Takes the event's way to a state that may last so long. @returns false: the event means nothing in this state, and changes nothing */
function go(session: Session, event: Event, forMs: number): boolean {
    const next = nextState(session, event);
    if (next < 0) return false;
    const from = session.state;
    session.state = next;
    if (from > State.waiting && session.state <= State.waiting) drop(session);
    session.dueAt = session.now + forMs;
    return true;
}

function show(session: Session, text: string | undefined): void {
    session.outputs.push({ type: "state", state: stateName(session.state), text: text });
}

/** `go`, and the screen shows it. */
export function enter(session: Session, event: Event, forMs: number): boolean {
    const entered = go(session, event, forMs);
    if (entered) show(session, undefined);
    return entered;
}

/** Something went wrong: try again later. If it had been online, the next registration has the reason. @param text what, for the screen */
export function retreat(session: Session, event: Event, text: string): boolean {
    const from = session.state;
    if (!go(session, event, 0)) return false;
    if (from === State.online) {
        session.why = "lost";
        if (session.now - session.onlineAt >= STABLE_MS) session.tries = 0;
    }
    session.tries++;
    session.dueAt += backoffMs(session.tries, session.baseS, session.board.random);
    const where = `${session.target}:${session.settings.port}`;
    show(session, from === State.dialing ? `nobody answers at ${where}` : `${text} (${stateName(from)}, ${where})`);
    return true;
}

export function closed(session: Session): void {
    const served = session.state === State.online;
    retreat(session, Event.lost, "closed");
    if (served) session.why = "gateway";
}

/** Dials soon: with a new address, or with new credentials. */
function restart(session: Session, event: Event): void {
    go(session, event, session.board.random(NEW_ADDRESS_MS + 1));
}

export function linkUp(session: Session, address: string): void {
    if (address === session.address) return;
    session.address = address;
    if (session.route === undefined && (session.settings.code === undefined || session.settings.number === undefined)) {
        show(session, "no secret or code: enrol this device");
        return;
    }
    if (session.registered !== "") {
        if (address !== session.registered) session.why = "address";
        else if (session.state === State.offline) session.why = "link";
    }
    restart(session, Event.linkUp);
}

/** The connection is begun anew, by the board's next look at its link: who knows how far the step before came. */
export function interrupted(session: Session): void {
    session.outputs = [];
    session.handling = undefined;
    session.address = "";
    drop(session);
    session.state = State.offline;
    show(session, "interrupted");
}

export function linkDown(session: Session): void {
    session.address = "";
    enter(session, Event.linkDown, 0);
}

function dial(session: Session, event: Event, address: string): void {
    if (!go(session, event, TCP_MS)) return;
    session.target = address;
    session.outputs.push({ type: "dial", address: address });
    show(session, undefined);
}

/** Begins a try. An address (it has no letters) needs no look-up, and every other try takes the last good one, in case the look-up lies. */
export function connect(session: Session): void {
    const host = session.settings.host;
    if (host.toUpperCase() === host.toLowerCase()) {
        dial(session, Event.addressed, host);
    } else if (session.known !== "" && session.tries % 2 === 1) {
        dial(session, Event.addressed, session.known);
    } else if (go(session, Event.named, DNS_MS)) {
        session.target = host;
        session.outputs.push({ type: "resolve", host: host });
        show(session, undefined);
    }
}

/** The look-up's answer. Without one, the last good address has to do. */
export function resolved(session: Session, address: string | undefined): void {
    const target = address ?? session.known;
    if (target !== "") dial(session, Event.resolved, target);
    else retreat(session, Event.unresolved, "name not found");
}

/** The PUBLISH that registers this device. @param about what only the board knows */
function registration(session: Session, about: Bytes): Bytes {
    const board = session.board;
    const own = `"a":"${session.address}","y":"${session.why}","c":"${board.chip}"`;
    const room = `"m":${session.limit},"w":${session.laterAt === undefined ? board.window : 0}`;
    return publish(session, "reg", `{${about},${own},${room},"e":${session.era},"n":${session.mark}}`);
}

/** What was registered holds no longer: the gateway begins anew with the first message that waits. */
export function described(session: Session, about: Bytes): void {
    if (session.state > State.dialing && session.route !== undefined)
        session.outputs.push({ type: "send", data: registration(session, about) });
}

/**
 * The connection is open. CONNECT, SUBSCRIBE, what could not be shown, and the registration leave in one write, so that the first
 * push is two round trips after SYN.
 */
export function opened(session: Session, about: Bytes): void {
    const route = session.route;
    if (!go(session, Event.opened, CONNACK_MS)) return;
    let data =
        encodeConnect(
            route ?? enrolClientId(session.board.chip),
            route ?? session.settings.number!,
            session.secret ?? session.settings.code!,
            session.keepS,
        ) + encodeSubscribe(takeId(session), inbox(session));
    if (route !== undefined) {
        data += encodeOutbox(session, true) + registration(session, about);
    }
    session.outputs.push({ type: "send", data: data });
    show(session, undefined);
}

/** The credentials that were offered are in flash: now they count, and are acknowledged. If they are not, the gateway will give them again. */
export function saved(session: Session, safe: boolean): void {
    const offer = session.offer;
    if (!safe || offer === undefined) return;
    session.offer = undefined;
    session.secret = offer.secret;
    acknowledge(session, offer.packetId);
    if (session.route !== undefined) return;
    session.route = offer.route;
    restart(session, Event.enrolled);
}

/** @returns false: nobody asked for a subscription in this state */
export function subscribed(session: Session): boolean {
    if (!go(session, Event.subscribed, session.keepS * 500)) return false;
    session.onlineAt = session.now;
    session.registered = session.address;
    if (session.target !== session.settings.host && session.target !== session.known) {
        session.known = session.target; // for when the name cannot be resolved
        session.dirty = true;
    }
    show(session, undefined);
    flush(session);
    return true;
}
