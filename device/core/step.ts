import type { Bytes } from "../../shared/bytes.ts";
import { readUint16 } from "../../shared/bytes.ts";
import { append, nextPacket } from "../../shared/wire/decode.ts";
import { encodePingreq } from "../../shared/wire/encode.ts";
import { First } from "../../shared/wire/packets.ts";
import type { Packet } from "../../shared/wire/packets.ts";
import {
    closed,
    CONNACK_MS,
    enter,
    linkDown,
    linkUp,
    opened,
    PINGRESP_MS,
    resolve,
    resolved,
    retreat,
    saved,
    subscribed,
} from "./connection.ts";
import type { Input, Output } from "./events.ts";
import { handled, save, SAVE_MS, takePublish } from "./inbox.ts";
import { acknowledged, said } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";
import { State } from "./states.ts";

/** Takes a packet: what no gateway may send, or not at this moment, ends the connection. MQTT 3.1.1 §3.2, §3.4, §3.9, §3.13 */
function receive(session: Session, packet: Packet): void {
    const first = packet.first;
    const rest = packet.rest;
    const length = rest.length;
    const code = length > 1 ? rest.charCodeAt(length - 1) : 0;
    if (session.state === State.connecting) {
        if (first !== First.connack || length !== 2) retreat(session, "not a gateway");
        else if (code === 0) enter(session, State.subscribing, CONNACK_MS);
        else retreat(session, "refused" + (code < 4 ? "" : ": wrong secret or code") + ", CONNACK " + code);
    } else if (first >= First.publish && first < First.puback) {
        if (!takePublish(session, packet)) retreat(session, "not MQTT");
    } else if (first === First.puback && length === 2) {
        acknowledged(session, readUint16(rest, 0));
    } else if (first === First.suback && length === 3) {
        if (code !== 1) retreat(session, "refused, SUBACK " + code);
        else if (session.credentials !== undefined && session.state === State.subscribing) subscribed(session);
    } else if (first !== First.pingresp || length !== 0) {
        retreat(session, "not MQTT");
    }
}

/** Takes the packets that are there, one after the other: while a push is with the handler, those behind it wait in the buffer. */
function receiveAll(session: Session): void {
    while (session.state > State.dialing && session.showing === undefined) {
        const packet = nextPacket(session);
        if (packet === undefined) return;
        receive(session, packet);
    }
}

function received(session: Session, data: Bytes): void {
    if (session.state <= State.dialing) return;
    if (session.state === State.online) {
        session.pinging = false;
        session.dueAt = session.now + session.keepS * 500;
    }
    append(session, data);
}

/** Does what is due. */
function tick(session: Session): void {
    const state = session.state;
    if (state !== State.offline && session.now - session.dueAt >= 0) {
        if (state === State.waiting) {
            resolve(session);
        } else if (state === State.resolving) {
            resolved(session);
        } else if (state === State.online && !session.pinging) {
            session.pinging = true;
            session.dueAt = session.now + PINGRESP_MS;
            emit(session, "send", encodePingreq());
        } else {
            retreat(session, "no answer");
        }
    }
    if (session.dirty && session.now - session.savedAt >= SAVE_MS) save(session);
}

/** What each other input does. One that the state does not wait for changes nothing. */
const EVENTS: { [T in Input["type"]]?: (this: void, session: Session, value: never) => void } = {
    linkUp: linkUp,
    linkDown: linkDown,
    resolved: resolved,
    opened: opened,
    closed: closed,
    saved: saved,
    said: said,
};

function happen(session: Session, input: Input): void {
    const event = EVENTS[input.type];
    if (event !== undefined) event(session, input.value as never);
}

/**
 * The brain of a device: takes what happened, and says what is to be done, in order. No socket, timer, clock or log is in it.
 * @param nowMs an integer that never goes back (it may wrap at 32 bits)
 */
export function step(session: Session, input: Input, nowMs: number): Output[] {
    const outputs: Output[] = [];
    session.now = nowMs;
    session.outputs = outputs;
    if (input.type === "bytes") received(session, input.value);
    else if (input.type === "handled") handled(session, input.value);
    else if (input.type !== "tick") happen(session, input);
    receiveAll(session);
    tick(session);
    session.outputs = [];
    return outputs;
}

/** When to call `step` with a tick, at the latest. @returns milliseconds from now, 0 or more */
export function wakeAfterMs(session: Session, nowMs: number): number {
    const saveMs = session.dirty ? session.savedAt + SAVE_MS - nowMs : SAVE_MS;
    const dueMs = session.state === State.offline ? SAVE_MS : session.dueAt - nowMs;
    return Math.max(0, Math.min(dueMs, saveMs));
}
