import type { Bytes } from "../../shared/bytes.ts";
import { outTopic } from "../../shared/push/topics.ts";
import { encodePublish } from "../../shared/wire/encode.ts";
import type { Saying } from "./events.ts";
import { emit, takeId } from "./session.ts";
import type { Session } from "./session.ts";
import { State } from "./states.ts";

/** Sayings that may wait. */
export const OUTBOX = 8;

/** Octets of a PUBLISH to `out/<route>/read` beside its payload. */
const OVERHEAD_OCTETS = 32;

/** The PUBLISH packets of what was not written on this connection yet. @param nacks only those */
export function encodeOutbox(session: Session, nacks: boolean): Bytes {
    let data = "";
    for (const saying of session.outbox) {
        if (saying.packetId === 0 && (!nacks || saying.topic === "nack")) {
            saying.packetId = takeId(session);
            data += encodePublish(saying.packetId, outTopic(session.credentials!.route, saying.topic), saying.payload);
        }
    }
    return data;
}

/** Writes what was not written yet. */
export function flush(session: Session): void {
    const data = encodeOutbox(session, false);
    if (data !== "") emit(session, "send", data);
}

/** Takes a saying, and writes it when there is a connection to write it on. */
export function said(session: Session, saying: Saying): void {
    session.outbox.push(saying);
    if (session.state === State.online) flush(session);
}

/** @param waiting sayings on their way here @returns false: too much waits already, or it is too large for a packet */
export function canSay(session: Session, payload: Bytes, waiting: number): boolean {
    return session.outbox.length + waiting < OUTBOX && payload.length + OVERHEAD_OCTETS <= session.board.packetOctets;
}

/** A PUBACK: what it is for is safe. Those of a registration stand for nothing here. */
export function acknowledged(session: Session, packetId: number): void {
    const left: Saying[] = [];
    for (const saying of session.outbox) if (saying.packetId !== packetId) left.push(saying);
    session.outbox = left;
}
