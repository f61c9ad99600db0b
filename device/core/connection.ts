import type { Bytes } from "../../shared/bytes.ts";
import { enrolClientId } from "../../shared/push/topics.ts";
import { encodeConnect, encodeSubscribe } from "../../shared/wire/encode.ts";
import { backoffMs, NEW_ADDRESS_MS, STABLE_MS } from "./backoff.ts";
import { acknowledge, inbox } from "./inbox.ts";
import { encodeOutbox, flush, publish } from "./outbox.ts";
import { emit, now, session, takeId } from "./session.ts";
import { State, stateName } from "./states.ts";

/** How long each phase may take; SUBACK has as long as CONNACK. And how long a PINGRESP, or any other octet, may take. */
export const DNS_MS = 5000;
export const TCP_MS = 10000;
export const CONNACK_MS = 10000;
export const PINGRESP_MS = 5000;

/** What the screen says when the gateway hung up. */
const CLOSED = "closed";

/** Goes to a state that may last so long. */
export function enter(state: State, forMs: number, text?: string): void {
    session.state = state;
    session.dueAt = now + forMs;
    emit("show", stateName(state), text);
}

/** Leaves the connection, or the way to one, and forgets all that belonged to it: what was not acknowledged will go, or come, again. */
function drop(): void {
    if (session.state <= State.waiting) return;
    emit("hangUp");
    session.buffer = "";
    session.skip = 0;
    session.pinging = false;
    session.pushId = 0;
    session.offeredSecret = undefined;
    for (const saying of session.outbox) saying.packetId = 0;
}

/** Something went wrong: try again later. If it had been online, the next registration says why it is not. @param text what, for the screen */
export function retreat(text: string): void {
    const at = stateName(session.state);
    if (session.state === State.online) {
        session.why = text === CLOSED ? "gateway" : "lost";
        if (now - session.onlineAt >= STABLE_MS) session.tries = 0;
    }
    drop();
    session.tries++;
    const delayMs = backoffMs(session.tries, session.baseS, session.board.random);
    enter(State.waiting, delayMs, `${text} (${at}, ${session.target})`);
}

export function closed(): void {
    if (session.state > State.resolving) retreat(CLOSED);
}

/** Dials soon: with a new address, or with new credentials. */
export function restart(): void {
    drop();
    session.state = State.waiting;
    session.dueAt = now + session.board.random(NEW_ADDRESS_MS + 1);
}

/** A new address: whatever is open is dead, though nothing closed it. */
export function linkUp(address: string): void {
    if (address === session.address) return;
    session.address = address;
    if (session.route === undefined && (session.settings.code === undefined || session.settings.number === undefined)) {
        emit("show", "offline", "no secret or code: enrol this device");
        return;
    }
    if (session.registered !== "") {
        if (address !== session.registered) session.why = "address";
        else if (session.state === State.offline) session.why = "link";
    }
    restart();
}

export function linkDown(): void {
    session.address = "";
    drop();
    if (session.state !== State.offline) enter(State.offline, 0);
}

function dial(address: string): void {
    session.target = address;
    emit("dial", address);
    enter(State.dialing, TCP_MS);
}

/** Begins a try. An address (it has no letters) needs no look-up, and every other try takes the last good one, in case the look-up lies. */
export function resolve(): void {
    const host = session.settings.host;
    if (host.toUpperCase() === host.toLowerCase()) {
        dial(host);
    } else if (session.known !== "" && session.tries % 2 === 1) {
        dial(session.known);
    } else {
        session.target = host;
        emit("resolve", host);
        enter(State.resolving, DNS_MS);
    }
}

/** The look-up's answer. Without one, the last good address has to do. */
export function resolved(address?: string): void {
    const target = address ?? session.known;
    if (session.state !== State.resolving) return;
    if (target !== "") dial(target);
    else retreat("name not found");
}

/**
 * The connection is open. CONNECT, SUBSCRIBE, what could not be shown, and the registration leave in one write, so that the first
 * push is two round trips after SYN. @param about `Platform.about`
 */
export function opened(about: Bytes): void {
    const route = session.route;
    if (session.state !== State.dialing) return;
    let data =
        encodeConnect(
            route ?? enrolClientId(session.board.chip),
            route ?? session.settings.number!,
            session.secret ?? session.settings.code!,
            session.keepS,
        ) + encodeSubscribe(takeId(), inbox());
    if (route !== undefined) {
        data += encodeOutbox(true);
        const board = session.board;
        const own = `"a":"${session.address}","y":"${session.why}","m":${board.packetOctets},"w":${board.window}`;
        data += publish("reg", `{${about},${own},"e":${session.era},"n":${session.mark}}`);
    }
    emit("send", data);
    enter(State.connecting, CONNACK_MS);
}

/** The credentials that were offered are in flash: now they count, and the gateway may know. If they are not, it will give them again. */
export function saved(safe: boolean): void {
    const secret = session.offeredSecret;
    if (!safe || secret === undefined) return;
    const enrolled = session.route === undefined;
    session.route = session.offeredRoute;
    session.secret = secret;
    session.offeredSecret = undefined;
    acknowledge(session.offeredId);
    if (enrolled) restart();
}

export function subscribed(): void {
    session.onlineAt = now;
    session.registered = session.address;
    if (session.target !== session.settings.host && session.target !== session.known) {
        session.known = session.target; // for when the name cannot be resolved
        session.dirty = true;
    }
    enter(State.online, session.keepS * 500);
    flush();
}
