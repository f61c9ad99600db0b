import type { Bytes } from "../../shared/bytes.ts";
import { outTopic } from "../../shared/push/topics.ts";
import type { OutgoingTopic } from "../../shared/push/topics.ts";
import { encodePublish } from "../../shared/wire/encode.ts";
import type { Done, SayTopic } from "./events.ts";
import { takeId } from "./session.ts";
import type { Outgoing, Session } from "./session.ts";
import { State } from "./states.ts";

/** How many may wait. */
export const OUTBOX = 8;

/** Octets of a PUBLISH to `out/<route>/read` beside its payload. */
const OVERHEAD_OCTETS = 32;

/** A PUBLISH with a new packet id, which is `session.lastId` then. */
export function publish(session: Session, topic: OutgoingTopic, payload: Bytes): Bytes {
    return encodePublish(takeId(session), outTopic(session.route!, topic), payload);
}

/** The PUBLISH packets of what was not written on this connection yet. @param nacks only those */
export function encodeOutbox(session: Session, nacks: boolean): Bytes {
    let data = "";
    for (const outgoing of session.outbox) {
        if (outgoing.packetId === 0 && (!nacks || outgoing.topic === "nack")) {
            data += publish(session, outgoing.topic, outgoing.payload);
            outgoing.packetId = session.lastId;
        }
    }
    return data;
}

/** Writes what was not written yet. */
export function flush(session: Session): void {
    const data = encodeOutbox(session, false);
    if (data !== "") session.outputs.push({ type: "send", data: data });
}

/** Puts a message in the outbox, and writes it when there is a connection to write it on. */
export function say(session: Session, topic: SayTopic, payload: Bytes, done: Done | undefined): void {
    session.outbox.push({ topic: topic, payload: payload, packetId: 0, done: done });
    if (session.state === State.online) flush(session);
}

/** @param waiting inputs that are on their way to the outbox @returns false: too much waits already, or it is too large for a packet */
export function canSay(session: Session, payload: Bytes, waiting: number): boolean {
    return session.outbox.length + waiting < OUTBOX && payload.length + OVERHEAD_OCTETS <= session.board.packetOctets;
}

/**
 * The gateway has stored what a PUBACK is for (those of a registration stand for nothing here), or it has accepted or refused a message.
 * @param why it was refused @param id it was accepted with. With one of them, `key` is the message's own number, not that of a packet
 */
export function settle(session: Session, key: number, why: Bytes | undefined, id: Bytes | undefined): void {
    const left: Outgoing[] = [];
    for (const outgoing of session.outbox) {
        const done = outgoing.done;
        const ack = why === undefined && id === undefined;
        const over = ack ? outgoing.packetId === key : outgoing.payload.indexOf(`{"i":${key},`) === 0;
        if (!over) left.push(outgoing);
        else if (done !== undefined) session.outputs.push({ type: "settled", done: done, why: why, id: id });
    }
    session.outbox = left;
}
