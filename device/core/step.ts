import type { Bytes } from "../../shared/bytes.ts";
import { decode } from "../../shared/wire/decode.ts";
import { PINGREQ } from "../../shared/wire/encode.ts";
import { STABLE_MS } from "./backoff.ts";
import { become, quietMs, resolved } from "./connection.ts";
import { acknowledge, deliverNext, handled } from "./inbox.ts";
import { takeSay } from "./outbox.ts";
import { receive, save } from "./receive.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";
import type { Input, Output, Slot } from "./states.ts";

/** How long a PINGRESP, or any other octet, may take. */
export const PINGRESP_MS = 5000;

/** Between two writes of the session slot: flash wears out. */
export const SAVE_MS = 3600000;

function isConnected(session: Session): boolean {
    return session.state === "connecting" || session.state === "subscribing" || session.state === "online";
}

/** A new address: whatever is open is dead, though nothing closed it. */
function linkUp(session: Session, address: string): void {
    const offline = session.state === "offline";
    if (!offline && address === session.address) return;
    const settings = session.settings;
    if (session.credentials === undefined && (settings.code === undefined || settings.number === undefined)) {
        session.trouble = "no secret and no code: enrol this device";
        return;
    }
    session.address = address;
    become(session, "linkUp");
    if (session.registered === "") return; // it still is the boot
    if (address !== session.registered) session.why = "address";
    else if (offline) session.why = "link";
}

function bytes(session: Session, data: Bytes): void {
    if (!isConnected(session)) return;
    if (session.state === "online") {
        session.pinging = false;
        session.dueAt = session.nowMs + quietMs(session);
    }
    for (const packet of decode(session.decoder, data)) {
        const event = receive(session, packet);
        if (event !== undefined) become(session, event);
        if (!isConnected(session)) return;
    }
}

/** New credentials are in flash: now they count, and the gateway may know. */
function saved(session: Session, slot: Slot): void {
    if (slot !== "credentials" || session.offered === undefined) return;
    const enrolling = session.credentials === undefined;
    session.credentials = session.offered;
    session.offered = undefined;
    acknowledge(session, session.offeredId);
    if (enrolling) become(session, "enrolled");
}

function isDue(session: Session, at: number | undefined): boolean {
    return at !== undefined && session.nowMs - at >= 0;
}

/** Does what is due, one thing after the other. */
function tick(session: Session): void {
    if (session.state === "online" && session.nowMs - session.onlineAt >= STABLE_MS) session.tries = 0;
    if (session.state !== "offline" && isDue(session, session.dueAt)) {
        if (session.state === "resolving") {
            resolved(session, undefined);
        } else if (session.state === "online" && !session.pinging) {
            session.pinging = true;
            session.dueAt = session.nowMs + PINGRESP_MS;
            emit(session, { type: "send", data: PINGREQ });
        } else {
            become(session, "late");
        }
    }
    if (isDue(session, session.ackDueAt)) become(session, "late");
    if (isDue(session, session.retryAt)) {
        session.retryAt = undefined;
        deliverNext(session);
    }
    if (session.savedAt === undefined) session.savedAt = session.nowMs;
    if (session.dirty && session.nowMs - session.savedAt >= SAVE_MS) save(session);
    // the clock's base goes along, so that the difference stays small where numbers have 32 bits
    while (session.clockS !== 0 && session.nowMs - session.clockAt >= SAVE_MS) {
        session.clockS += SAVE_MS / 1000;
        session.clockAt += SAVE_MS;
    }
}

/**
 * The brain of a device: takes what happened, and says what is to be done, in order. Pure but for the session, which it changes.
 * @param nowMs an integer that never goes back (it may wrap at 32 bits)
 */
export function step(session: Session, input: Input, nowMs: number): Output[] {
    const state = session.state;
    const trouble = session.trouble;
    session.nowMs = nowMs;
    session.outputs = [];
    switch (input.type) {
        case "linkUp":
            linkUp(session, input.address);
            break;
        case "linkDown":
            session.address = "";
            session.trouble = undefined;
            become(session, "linkDown");
            break;
        case "resolved":
            resolved(session, input.address);
            break;
        case "opened":
            session.freeOctets = input.freeOctets;
            session.signalDbm = input.signalDbm;
            if (session.state === "dialing") become(session, "opened");
            break;
        case "closed":
            if (session.state === "dialing" || isConnected(session)) become(session, "closed");
            break;
        case "bytes":
            bytes(session, input.data);
            break;
        case "handled":
            handled(session, input.sequence, input.failed === true);
            break;
        case "saved":
            saved(session, input.slot);
            break;
        case "say":
            takeSay(session, input.what);
            break;
        default:
            break;
    }
    tick(session);
    // while a new try goes on, what was wrong with the last one is nobody's business
    const why = session.state === "waiting" || session.state === "offline" ? session.trouble : undefined;
    if (session.state !== state || (why !== undefined && why !== trouble)) {
        emit(session, { type: "state", state: session.state, why: why });
    }
    return session.outputs;
}

/** @param soonest -1: nothing yet @param dueMs what is overdue is due now */
function sooner(soonest: number, dueMs: number): number {
    const due = Math.max(0, dueMs);
    return soonest < 0 || due < soonest ? due : soonest;
}

/** When to call `step` with a tick. @returns milliseconds from now, 0 or more; -1: not before something happens */
export function wakeAfterMs(session: Session, nowMs: number): number {
    let soonest = session.state === "offline" ? -1 : sooner(-1, session.dueAt - nowMs);
    if (session.ackDueAt !== undefined) soonest = sooner(soonest, session.ackDueAt - nowMs);
    if (session.retryAt !== undefined) soonest = sooner(soonest, session.retryAt - nowMs);
    if (session.dirty && session.savedAt !== undefined) soonest = sooner(soonest, session.savedAt + SAVE_MS - nowMs);
    return soonest;
}
