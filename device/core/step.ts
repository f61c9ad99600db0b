import type { Bytes } from "../../shared/bytes.ts";
import { readUint16 } from "../../shared/bytes.ts";
import { addPiece, nextPacket } from "../../shared/wire/decode.ts";
import { encodePingreq } from "../../shared/wire/encode.ts";
import { First } from "../../shared/wire/packets.ts";
import {
    closed,
    CONNACK_MS,
    connect,
    described,
    enter,
    interrupted,
    linkDown,
    linkUp,
    nextState,
    opened,
    PINGRESP_MS,
    resolved,
    retreat,
    saved,
    subscribed,
} from "./connection.ts";
import type { Input, Output } from "./events.ts";
import { handled, save, SAVE_MS, takePublish } from "./inbox.ts";
import { say, settle } from "./outbox.ts";
import type { Session } from "./session.ts";
import { Event, State } from "./states.ts";

/** Takes a packet that is no PUBLISH. @returns false: no gateway may send it, or not in this state. MQTT 3.1.1 §3.2, §3.4, §3.9, §3.13 */
function take(session: Session, first: First): boolean {
    const rest = session.pieces[0]!;
    const length = session.skip;
    const code = rest.charCodeAt(session.at + length - 1);
    if (first === First.connack && length === 2) {
        if (code === 0) return enter(session, Event.accepted, CONNACK_MS);
        const why = code < 4 ? "" : ": wrong secret or code";
        return retreat(session, Event.refused, "refused" + why + ", CONNACK " + code);
    }
    if (first === First.suback && length === 3) {
        if (code !== 1) return retreat(session, Event.rejected, "refused, SUBACK " + code);
        // to the topic of its first credentials, a device without any is not online
        return session.route === undefined ? nextState(session, Event.conversed) >= 0 : subscribed(session);
    }
    if (nextState(session, Event.conversed) < 0) return false;
    if (first === First.puback && length === 2) settle(session, readUint16(rest, session.at), undefined, undefined);
    else return first === First.pingresp && length === 0;
    return true;
}

function received(session: Session, data: Bytes): void {
    if (session.state > State.dialing) addPiece(session, data);
    if (session.state === State.online) {
        session.pinging = false;
        session.dueAt = session.now + session.keepS * 500;
    }
}

/** Does what is due. */
function tick(session: Session): void {
    const state = session.state;
    if (state !== State.offline && session.now - session.dueAt >= 0) {
        if (state === State.waiting) {
            connect(session);
        } else if (state === State.resolving) {
            resolved(session, undefined);
        } else if (state === State.online && !session.pinging) {
            session.pinging = true;
            session.dueAt = session.now + PINGRESP_MS;
            session.outputs.push({ type: "send", data: encodePingreq() });
        } else {
            retreat(session, Event.lost, "no answer");
        }
    }
    if (session.laterAt !== undefined && session.now - session.laterAt >= 0) {
        session.laterAt = undefined;
        session.outputs.push({ type: "describe" });
    }
    if (session.dirty && session.now - session.savedAt >= SAVE_MS) save(session);
}

/** What an input does. The last branch compiles only while it is the last kind of input. */
function happen(session: Session, input: Input): void {
    if (input.type === "bytes") received(session, input.data);
    else if (input.type === "handled") handled(session, input.taken);
    else if (input.type === "linkUp") linkUp(session, input.address);
    else if (input.type === "linkDown") linkDown(session);
    else if (input.type === "resolved") resolved(session, input.address);
    else if (input.type === "described") described(session, input.about);
    else if (input.type === "opened") opened(session, input.about);
    else if (input.type === "closed") closed(session);
    else if (input.type === "saved") saved(session, input.safe);
    else if (input.type === "interrupted") interrupted(session);
    else if (input.type !== "tick") say(session, input.topic, input.payload, input.done);
}

/**
 * The brain of a device: takes what happened, and returns what is to be done, in order. No socket, timer, clock or log is in it.
 * The packets that are there are taken one after the other; while a push is with the handler, those behind it wait. Calls are not nested
 * deeper than they have to be: on a board each takes memory beside the push.
 * @param nowMs an integer that never goes back (it may wrap at 32 bits)
 */
export function step(session: Session, input: Input, nowMs: number): Output[] {
    session.now = nowMs;
    happen(session, input);
    while (session.state > State.dialing && session.handling === undefined) {
        const first = nextPacket(session);
        if (first === undefined) break;
        const isPublish = first >= First.publish && first < First.puback && session.state > State.connecting;
        if (isPublish ? takePublish(session, first) : take(session, first)) continue;
        retreat(session, Event.garbled, session.state === State.connecting ? "not a gateway" : "not MQTT");
    }
    tick(session);
    const outputs = session.outputs;
    session.outputs = [];
    return outputs;
}

/** When to call `step` with a tick, at the latest. @returns milliseconds from now, 0 or more */
export function wakeAfterMs(session: Session, nowMs: number): number {
    const saveMs = session.dirty ? session.savedAt + SAVE_MS - nowMs : SAVE_MS;
    const dueMs = session.state === State.offline ? SAVE_MS : session.dueAt - nowMs;
    const laterMs = session.laterAt === undefined ? SAVE_MS : session.laterAt - nowMs;
    return Math.max(0, Math.min(dueMs, saveMs, laterMs));
}
