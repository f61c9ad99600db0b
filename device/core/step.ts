import type { Bytes } from "../../shared/bytes.ts";
import { readUint16 } from "../../shared/bytes.ts";
import { readFields } from "../../shared/push/fields.ts";
import { enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { append, nextPacket, readPublish } from "../../shared/wire/decode.ts";
import { encodePingreq } from "../../shared/wire/encode.ts";
import { First } from "../../shared/wire/packets.ts";
import type { Packet } from "../../shared/wire/packets.ts";
import {
    CONNACK_MS,
    enter,
    keepAliveS,
    linkDown,
    linkUp,
    opened,
    PINGRESP_MS,
    resolve,
    resolved,
    restart,
    retreat,
    subscribed,
} from "./connection.ts";
import type { Input, Output } from "./events.ts";
import { acknowledge, handled, offer, save, SAVE_MS, takeInbox } from "./inbox.ts";
import { acknowledged, say } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";
import { State } from "./states.ts";

/** Takes a PUBLISH. What is not for this device is acknowledged all the same: left alone it would be sent again and again. */
function takePublish(session: Session, packet: Packet): void {
    const publish = readPublish(packet);
    const credentials = session.credentials;
    if (publish === undefined) {
        retreat(session, "not MQTT", "lost");
    } else if (credentials !== undefined && publish.topic === inboxTopic(credentials.route)) {
        takeInbox(session, publish.packetId, publish.payload, packet.oversize);
    } else {
        const fields = readFields(publish.payload);
        if (
            credentials === undefined &&
            publish.topic === enrolTopic(session.body.chip) &&
            fields !== undefined &&
            typeof fields.r === "string" &&
            typeof fields.s === "string"
        ) {
            offer(session, fields.r, fields.s, publish.packetId);
        } else {
            acknowledge(session, publish.packetId);
        }
    }
}

/** Takes a packet: what no gateway may send, or not at this moment, ends the connection. MQTT 3.1.1 §3.2, §3.4, §3.9, §3.13 */
function receive(session: Session, packet: Packet): void {
    const first = packet.first;
    const rest = packet.rest;
    const length = rest.length;
    const code = length > 1 ? rest.charCodeAt(length - 1) : 0;
    if (session.state === State.connecting) {
        if (first !== First.connack || length !== 2) retreat(session, "not a gateway", "lost");
        else if (code === 0) enter(session, State.subscribing, CONNACK_MS);
        else retreat(session, "refused" + (code < 4 ? "" : ": wrong secret or code") + ", CONNACK " + code, "gateway");
    } else if (first >= First.publish && first < First.puback) {
        takePublish(session, packet);
    } else if (first === First.puback && length === 2) {
        acknowledged(session, readUint16(rest, 0));
    } else if (first === First.suback && length === 3) {
        if (code !== 1) retreat(session, "refused, SUBACK " + code, "gateway");
        else if (session.credentials !== undefined && session.state === State.subscribing) subscribed(session);
    } else if (first !== First.pingresp || length !== 0) {
        retreat(session, "not MQTT", "lost");
    }
}

/** Takes the packets that are there, one after the other: while a push is with the handler, those behind it wait in the buffer. */
function receiveAll(session: Session): void {
    while (session.state > State.dialing && session.push === undefined) {
        const packet = nextPacket(session.decoder);
        if (packet === undefined) return;
        receive(session, packet);
    }
}

function received(session: Session, data: Bytes): void {
    if (session.state === State.online) {
        session.pinging = false;
        session.dueAt = session.nowMs + keepAliveS(session) * 500;
    }
    append(session.decoder, data);
}

/** The new credentials are in flash: now they count, and the gateway may know. If they are not, it will give them again. */
function saved(session: Session, safe: boolean): void {
    const offered = session.offered;
    if (!safe || offered === undefined) return;
    const enrolled = session.credentials === undefined;
    session.credentials = offered;
    session.offered = undefined;
    acknowledge(session, session.offeredId);
    if (enrolled) restart(session);
}

/** What the gateway's address was, for when its name cannot be resolved. */
function remember(session: Session): void {
    const memory = session.memory;
    if (session.target === session.settings.host || session.target === memory.gateway) return;
    memory.gateway = session.target;
    session.dirty = true;
}

/** Does what is due. */
function tick(session: Session): void {
    if (session.state !== State.offline && session.nowMs - session.dueAt >= 0) {
        if (session.state === State.waiting) {
            resolve(session);
        } else if (session.state === State.resolving) {
            resolved(session, undefined);
        } else if (session.state === State.online && !session.pinging) {
            session.pinging = true;
            session.dueAt = session.nowMs + PINGRESP_MS;
            emit(session, "send", encodePingreq());
        } else {
            retreat(session, "no answer", "lost");
        }
    }
    if (session.dirty && session.nowMs - session.savedAt >= SAVE_MS) save(session);
}

/**
 * The brain of a device: takes what happened, and says what is to be done, in order. No socket, timer, clock or log is in it.
 * An input that the state does not wait for changes nothing.
 * @param nowMs an integer that never goes back (it may wrap at 32 bits)
 */
export function step(session: Session, input: Input, nowMs: number): Output[] {
    session.nowMs = nowMs;
    session.outputs = [];
    const state = session.state;
    switch (input.type) {
        case "linkUp":
            linkUp(session, input.value);
            break;
        case "linkDown":
            linkDown(session);
            break;
        case "resolved":
            if (state === State.resolving) resolved(session, input.value);
            break;
        case "opened":
            if (state === State.dialing) opened(session, input.value);
            break;
        case "closed":
            if (state > State.resolving) retreat(session, "closed", "gateway");
            break;
        case "bytes":
            if (state > State.dialing) received(session, input.value);
            break;
        case "handled":
            handled(session, input.value);
            break;
        case "saved":
            saved(session, input.value);
            break;
        case "say":
            say(session, input.value);
            break;
        default:
            break;
    }
    receiveAll(session);
    if (session.state === State.subscribing) remember(session);
    tick(session);
    return session.outputs;
}

/** When to call `step` with a tick. @returns milliseconds from now, 0 or more; -1: not before something happens */
export function wakeAfterMs(session: Session, nowMs: number): number {
    const saveMs = session.savedAt + SAVE_MS - nowMs;
    const dueMs = session.state === State.offline ? SAVE_MS : session.dueAt - nowMs;
    if (session.dirty) return Math.max(0, Math.min(dueMs, saveMs));
    return session.state === State.offline ? -1 : Math.max(0, dueMs);
}
