import type { OverflowFields } from "../../shared/push/message.ts";
import type { Urgency } from "../../shared/push/message.ts";
import type { MessageState, PushMessage } from "../message.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";

/** A message before the store gave it a sequence and an id. */
export interface NewMessage extends Omit<PushMessage, "id" | "sequence" | "state" | "damaged"> {
    /** random text, the part of its id that nobody can guess */
    tag: string;
    to: E164;
    urgency: Urgency;
    collapseKey?: string;
    /** whose `once` and `collapseKey` are meant, and whose share of the backlog it is: the id of a token, or a board's route */
    sender: string;
    /** the sender's idempotency key */
    once?: string;
    /** the last sequence that was written on the board's connection: messages up to it may be on its screen */
    writtenUpTo?: number;
}

/** What the store made of a message. What is usual is left out: it was accepted, and no other ended. */
export interface Placed extends Pick<PushMessage, "id" | "sequence"> {
    /** of one that was dropped itself, or was accepted earlier */
    state?: MessageState;
    /** it is the one accepted earlier for the sender's `once`, and nothing was stored */
    repeated?: true;
    /** sequences of the messages that it replaced */
    collapsed?: number[];
    /** and of those that went over 1,000 messages or 256 KiB: of the sender that holds most of it, the oldest of the lowest urgency */
    dropped?: number[];
}

/** What an append did. */
export interface Appended {
    message: PushMessage;
    repeated: boolean;
    collapsed: number[];
    dropped: number[];
}

/** No such route; or the sender has used `once` for other content. */
export type NotAppended = "unregistered" | "conflict";

export interface BacklogSize {
    messages: number;
    octets: number;
}

/** What waits or is inflight, per route and in the order of its sequences. */
export interface BacklogStore {
    /**
     * Gives the next sequence and stores, collapses and drops (and counts that in `overflow`) in one transaction. A message whose `once` its
     * sender has used before, for the same content (number, body, title, urgency, collapse key, ttl), is not stored again. A message that was
     * dropped at once leaves its `once` unused; else it is remembered as long as the receipt.
     */
    append(message: NewMessage): Promise<Placed | NotAppended>;
    /** The messages above a sequence, in order. */
    list(route: Route, afterSequence: number, limit: number): Promise<PushMessage[]>;
    size(route: Route): Promise<BacklogSize>;
    /** Notes that a message was written to its board, when its end does not follow at once (see `settle`). It stays in the backlog. */
    markSent(route: Route, sequence: number, atMs: number): Promise<void>;
    /**
     * Ends a message: out of the backlog, its content is forgotten. False: it was not in the backlog.
     * @param sentMs when it was sent, if that is not noted
     */
    settle(
        route: Route,
        sequence: number,
        state: MessageState,
        atMs: number,
        why?: string,
        sentMs?: number,
    ): Promise<boolean>;
    /** Ends as expired what is past its time, the first due first, at most `limit`. @returns how many */
    expire(nowMs: number, limit: number): Promise<number>;
    /** Takes what the device was sent of a registration's `overflow` off it. */
    clearOverflow(route: Route, reported: OverflowFields): Promise<void>;
}
