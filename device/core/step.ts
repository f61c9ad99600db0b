import type { Bytes } from "../../shared/bytes.ts";
import { readUint16 } from "../../shared/bytes.ts";
import { nextPacket } from "../../shared/wire/decode.ts";
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
import { begin, emit, now, outputs, session } from "./session.ts";
import type { Session } from "./session.ts";
import { State } from "./states.ts";

/** Takes a packet: what no gateway may send, or not at this moment, ends the connection. MQTT 3.1.1 §3.2, §3.4, §3.9, §3.13 */
function receive(packet: Packet): void {
    const first = packet.first;
    const rest = packet.rest;
    const length = rest.length;
    const code = rest.charCodeAt(length - 1);
    if (session.state === State.connecting) {
        if (first !== First.connack || length !== 2) retreat("not a gateway");
        else if (code === 0) enter(State.subscribing, CONNACK_MS);
        else retreat("refused" + (code < 4 ? "" : ": wrong secret or code") + ", CONNACK " + code);
    } else if (first === First.puback && length === 2) {
        acknowledged(readUint16(rest, 0));
    } else if (first === First.suback && length === 3) {
        if (code !== 1) retreat("refused, SUBACK " + code);
        else if (session.route !== undefined && session.state === State.subscribing) subscribed();
    } else if ((first !== First.pingresp || length !== 0) && !takePublish(packet)) {
        retreat("not MQTT");
    }
}

/** Takes the packets that are there, one after the other: while a push is with the handler, those behind it wait in the buffer. */
function receiveAll(): void {
    while (session.state > State.dialing && session.showing === undefined) {
        const packet = nextPacket(session);
        if (packet === undefined) break;
        receive(packet);
    }
}

function received(data: Bytes): void {
    if (session.state > State.dialing) session.buffer += data;
    if (session.state === State.online) {
        session.pinging = false;
        session.dueAt = now + session.keepS * 500;
    }
}

/** Does what is due. */
function tick(): void {
    const state = session.state;
    if (state !== State.offline && now - session.dueAt >= 0) {
        if (state === State.waiting) {
            resolve();
        } else if (state === State.resolving) {
            resolved();
        } else if (state === State.online && !session.pinging) {
            session.pinging = true;
            session.dueAt = now + PINGRESP_MS;
            emit("send", encodePingreq());
        } else {
            retreat("no answer");
        }
    }
    if (session.dirty && now - session.savedAt >= SAVE_MS) save();
}

/** What an input does. One that the state does not wait for changes nothing. */
function happen(input: Input): void {
    if (input.type === "bytes") received(input.value);
    else if (input.type === "handled") handled(input.value);
    else if (input.type === "linkUp") linkUp(input.value);
    else if (input.type === "linkDown") linkDown();
    else if (input.type === "resolved") resolved(input.value);
    else if (input.type === "opened") opened(input.value);
    else if (input.type === "closed") closed();
    else if (input.type === "saved") saved(input.value);
    else if (input.type === "said") said(input.value);
}

/**
 * The brain of a device: takes what happened, and says what is to be done, in order. No socket, timer, clock or log is in it.
 * @param nowMs an integer that never goes back (it may wrap at 32 bits)
 */
export function step(of: Session, input: Input, nowMs: number): Output[] {
    begin(of, nowMs);
    happen(input);
    receiveAll();
    tick();
    const done = outputs;
    begin(of, nowMs); // nothing is kept of what it wrote
    return done;
}

/** When to call `step` with a tick, at the latest. @returns milliseconds from now, 0 or more */
export function wakeAfterMs(of: Session, nowMs: number): number {
    const saveMs = of.dirty ? of.savedAt + SAVE_MS - nowMs : SAVE_MS;
    const dueMs = of.state === State.offline ? SAVE_MS : of.dueAt - nowMs;
    return Math.max(0, Math.min(dueMs, saveMs));
}
