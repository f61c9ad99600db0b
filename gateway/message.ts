import type { Urgency } from "../shared/push/message.ts";
import type { E164 } from "./number.ts";
import type { Route } from "./registration.ts";

/** From the one that is dropped first, when a backlog is full, to the one that is dropped last. */
export const URGENCIES: readonly Urgency[] = ["very-low", "low", "normal", "high"];

/** accepted → sent → delivered → read, or one of the four that end it. */
export type MessageState = "accepted" | "sent" | "delivered" | "read" | "expired" | "collapsed" | "dropped" | "failed";

/** What a sender asks for. */
export interface Draft {
    to: E164;
    body: string;
    title?: string;
    urgency?: Urgency;
    /** seconds, 0 to MAX_TTL_S; 0: now or never */
    ttlS?: number;
    collapseKey?: string;
    /** the sender's number, set by the gateway for a message from a device */
    from?: E164;
    /** the sender's idempotency key: however often it is sent, the message is accepted once */
    once?: string;
}

/** A message that waits or is inflight. */
export interface PushMessage {
    id: string;
    route: Route;
    sequence: number;
    /** what of it travels beside its sequence and its end: `encodeContent` */
    content: string;
    acceptedMs: number;
    expiresMs: number;
    /** octets of its payload, with the widest sequence */
    octets: number;
    /** how far it is: "accepted" or "sent"; of one that was accepted earlier, whatever became of it */
    state: MessageState;
    /** true: the disk has changed its content, which is left out */
    damaged?: true;
}

/** One line of a message's history. */
export interface ReceiptEvent {
    state: MessageState;
    atMs: number;
    why?: string;
}

/** What the sender can ask for. */
export interface Receipt {
    id: string;
    route: Route;
    to: E164;
    sequence: number;
    state: MessageState;
    history: ReceiptEvent[];
}

/** Answer to an accepted message. */
export interface Accepted {
    id: string;
    to: E164;
    sequence: number;
    state: MessageState;
}
