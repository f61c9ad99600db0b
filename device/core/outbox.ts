import type { Bytes } from "../../shared/bytes.ts";
import { outTopic } from "../../shared/push/topics.ts";
import type { Saying as Topic } from "../../shared/push/topics.ts";
import { encodePublish } from "../../shared/wire/encode.ts";
import type { Saying } from "./events.ts";
import { emit, session, takeId } from "./session.ts";
import type { Session } from "./session.ts";
import { State } from "./states.ts";

/** Sayings that may wait. */
export const OUTBOX = 8;

/** Octets of a PUBLISH to `out/<route>/read` beside its payload. */
const OVERHEAD_OCTETS = 32;

/** A PUBLISH with a new packet id, which is `session.lastId` then. */
export function publish(topic: Topic, payload: Bytes): Bytes {
    return encodePublish(takeId(), outTopic(session.route!, topic), payload);
}

/** The PUBLISH packets of what was not written on this connection yet. @param nacks only those */
export function encodeOutbox(nacks: boolean): Bytes {
    let data = "";
    for (const saying of session.outbox) {
        if (saying.packetId === 0 && (!nacks || saying.topic === "nack")) {
            data += publish(saying.topic, saying.payload);
            saying.packetId = session.lastId;
        }
    }
    return data;
}

/** Writes what was not written yet. */
export function flush(): void {
    const data = encodeOutbox(false);
    if (data !== "") emit("send", data);
}

/** Takes a saying, and writes it when there is a connection to write it on. */
export function said(saying: Saying): void {
    session.outbox.push(saying);
    if (session.state === State.online) flush();
}

/** @param waiting sayings on their way here @returns false: too much waits already, or it is too large for a packet */
export function canSay(of: Session, payload: Bytes, waiting: number): boolean {
    return of.outbox.length + waiting < OUTBOX && payload.length + OVERHEAD_OCTETS <= of.board.packetOctets;
}

/** A PUBACK: what it is for is safe. Those of a registration stand for nothing here. */
export function acknowledged(packetId: number): void {
    const left: Saying[] = [];
    for (const saying of session.outbox) if (saying.packetId !== packetId) left.push(saying);
    session.outbox = left;
}
