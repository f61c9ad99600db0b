import type { OverflowFields } from "../shared/push/message.ts";
import type { RegistrationFields } from "../shared/push/registration.ts";
import type { Draft, MessageState, Publication, PushMessage, Receipt } from "./message.ts";
import type { E164 } from "./number.ts";
import type { NumberRange } from "./number-range.ts";
import type { Capabilities, Endpoint, Registration, Route } from "./registration.ts";
import type { ClockStep } from "./system/steady-clock.ts";
import type { Caller } from "./directory/tokens.ts";

/** Wall clock in milliseconds, an argument everywhere: tests turn it by hand. */
export interface Clock {
    nowMs(): number;
}

/** One line a call; whoever implements it masks numbers and writes JSON. */
export interface Log {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
}

/** What becomes of messages an append pushed aside. */
export interface Appended {
    message: PushMessage;
    /** true: `once` was known, or the `publication` was; `message` is the one accepted earlier, and nothing was stored */
    repeated: boolean;
    collapsed: PushMessage[];
    /** over 1,000 messages or 256 KiB: the oldest of the lowest urgency */
    dropped: PushMessage[];
}

/** A message before the store gave it a sequence. */
export type NewMessage = Omit<PushMessage, "sequence" | "state"> & Pick<Draft, "once" | "publication">;

export interface NewRegistration {
    number: E164;
    route: Route;
    secretHash: string;
    label?: string;
    provisional: boolean;
    createdMs: number;
    epoch: number;
    /** what becomes of the backlog of the number's registration before: gone (as dropped), or moved over in its order */
    backlog: "drop" | "keep";
}

export interface Registered {
    registration: Registration;
    /** the number's registration before */
    ended?: Registration;
    /** messages that waited for that one and are gone */
    dropped: number;
}

export interface BacklogSize {
    messages: number;
    octets: number;
}

/** Some registrations, in the order of their numbers: those of a range, or all, that stand behind `after`. */
export interface RegistrationPage extends Partial<NumberRange> {
    after?: E164;
    limit: number;
}

/** A one-time code as it is kept. */
export interface EnrolCode {
    number: E164;
    codeHash: string;
    createdMs: number;
    expiresMs: number;
    triesLeft: number;
    /** the chip that redeemed it: the same one may again while its registration is provisional */
    chip?: string;
    keepBacklog: boolean;
}

export type Role = "admin" | "sender" | "reader";

export interface ApiToken {
    id: string;
    role: Role;
    hash: string;
    /** numbers it may reach: "*" for all, or an E.164 prefix followed by "*", or one number */
    pattern: string;
    label?: string;
    createdMs: number;
}

/**
 * What outlives the gateway. Every promise resolves after the commit that holds its write is on the disk; calls that arrive together are
 * committed together, each succeeding or failing alone. Rejections are GatewayError("unavailable") for a store that cannot write.
 * `test/contract/store.ts` is the suite that every implementation passes.
 */
export interface Store {
    /** Adds a registration; one the number had before is ended in the same transaction (its route never comes back). */
    register(registration: NewRegistration): Promise<Registered>;
    byNumber(number: E164): Promise<Registration | undefined>;
    byRoute(route: Route): Promise<Registration | undefined>;
    registrations(page: RegistrationPage): Promise<Registration[]>;
    /** Ends the number's registration; its backlog is dropped. Undefined: there was none. */
    unregister(number: E164, atMs: number): Promise<Registration | undefined>;
    /** Ends registrations without contact since `beforeMs` (never any: made before), at most `limit`, as `unregister` does. @returns them */
    retire(beforeMs: number, atMs: number, limit: number): Promise<Registration[]>;
    /** True while some earlier registration of the number existed and none does now. */
    wasRegistered(number: E164): Promise<boolean>;
    /**
     * Stores endpoint (the last 20 are kept; one with the last one's `sinceMs` takes its place), capabilities, contact. A new epoch when given, or when `handled` (what the device said it
     * has handled last) shows that the device has seen more than this store can have sent: the store was restored from a backup.
     * Then what waits since before that backup ends as delivered: the device has dealt with it.
     */
    contact(
        route: Route,
        contact: {
            atMs: number;
            endpoint?: Endpoint;
            capabilities?: Capabilities;
            epoch?: number;
            handled?: { epoch: number; sequence: number };
        },
    ): Promise<Registration | undefined>;
    endpoints(route: Route): Promise<Endpoint[]>;
    /** Registrations in contact since then, or made since. */
    liveSince(sinceMs: number): Promise<number>;
    /** Replaces hashes and the provisional mark, only if the registration still has `expected` as its secretHash. */
    credentials(
        route: Route,
        expected: string,
        change: { secretHash?: string; nextSecretHash?: string | null; provisional?: boolean },
    ): Promise<boolean>;

    /** Gives the next sequence and stores, collapses and drops (and counts that in `overflow`) in one transaction. Undefined: no such route. */
    append(message: NewMessage): Promise<Appended | undefined>;
    /** Waiting and inflight messages above a sequence, in its order. */
    backlog(route: Route, afterSequence: number, limit: number): Promise<PushMessage[]>;
    backlogSize(route: Route): Promise<BacklogSize>;
    /**
     * A publisher has connected. A message of a `publication` is known again when it is said again (`again`) on the connection on which it was
     * stored or on the next one, with the same publisher, packet id and content, within the hour, unless that packet id was used for another since.
     */
    publisherCame(publisher: string): Promise<void>;
    /** A publisher has its PUBACKs for what was accepted before then: it will not say that again. */
    publisherKnows(publisher: string, untilMs: number): Promise<void>;
    /** Notes that a message was written to its device. Stays in the backlog. */
    sent(route: Route, sequence: number, atMs: number): Promise<void>;
    /**
     * Ends a message: out of the backlog, its history one line longer. False: it was not in the backlog.
     * @param sentMs when it was sent, if that is not noted: its line comes before
     */
    settle(
        route: Route,
        sequence: number,
        state: MessageState,
        atMs: number,
        why?: string,
        sentMs?: number,
    ): Promise<boolean>;
    /** Ends as delivered whatever the device says it has handled. @returns the sequences */
    settleUpTo(route: Route, sequence: number, atMs: number): Promise<number[]>;
    /** Of what a registration's `overflow` counts, this much was told to its device. */
    overflowTold(route: Route, told: OverflowFields): Promise<void>;
    /** `read`: adds to the history of a delivered message; no effect on others. */
    read(route: Route, sequence: number, atMs: number): Promise<boolean>;
    /** Undefined: there is no such message, or none to a number of the range. */
    receipt(id: string, range?: NumberRange): Promise<Receipt | undefined>;
    /** Ends as expired what is past its time, at most `limit`. @returns what ended */
    expire(nowMs: number, limit: number): Promise<PushMessage[]>;
    /** Forgets receipts ended before `beforeMs` and registrations' ended rows older than that, at most `limit`. */
    forget(beforeMs: number, limit: number): Promise<number>;
    /** The clock was set: what was written down by the wrong one moves along. Calls made before see the old moments, later ones the new. */
    clockStepped(step: ClockStep): Promise<void>;

    putCode(code: EnrolCode): Promise<void>;
    /** Codes of a number made since `sinceMs`, newest first: for the limits, and to redeem the newest. */
    codes(number: E164, sinceMs: number): Promise<EnrolCode[]>;
    /**
     * In one transaction: the newest code of the number still valid, its try counted; if the hash fits (or fits again for the same
     * chip while its registration is provisional), the registration is made and the code bound to the chip.
     */
    redeem(
        number: E164,
        codeHash: string,
        chip: string,
        registration: NewRegistration,
    ): Promise<Registered | undefined>;

    putToken(token: ApiToken): Promise<void>;
    tokenByHash(hash: string): Promise<ApiToken | undefined>;
    tokens(): Promise<ApiToken[]>;
    deleteToken(id: string): Promise<boolean>;

    meta(key: string): Promise<string | undefined>;
    setMeta(key: string, value: string): Promise<void>;
    /** Octets on disk and in the log that waits to be merged; and what the disk has room for, where the system says so. */
    size(): Promise<{ octets: number; freeOctets?: number }>;
    close(): Promise<void>;
}

/** What the connection layer gives delivery. Each call returns at once. */
export interface Connections {
    /** Writes a push, QoS 1, and reports its PUBACK through `ConnectionEvents.acknowledged`. False: no such connection. */
    push(route: Route, sequence: number, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 0. */
    tell(route: Route, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 1, outside the numbering; resolves true at its PUBACK, false when the connection ends first. */
    tellOnce(route: Route, payload: Buffer): Promise<boolean>;
    /** Ends the connection at once. */
    close(route: Route, why: string): void;
    online(route: Route): boolean;
    count(): number;
}

/** What the connection layer reports. It writes the PUBACK of a saying after its promise resolved, and none when it rejected. */
export interface ConnectionEvents {
    /** Authenticated and connected; an older connection of the route is already closed. */
    connected(route: Route, peer: { address: string; port: number }): void;
    /** The inbox is subscribed. */
    subscribed(route: Route): void;
    registered(route: Route, fields: RegistrationFields): Promise<void>;
    acknowledged(route: Route, sequence: number): void;
    /** `read`, `nack` or `msg`, its payload still octets. */
    said(route: Route, saying: "read" | "nack" | "msg", payload: Buffer): Promise<void>;
    closed(route: Route): void;
    /**
     * A publisher with a token pushes to a number, as typed in its topic.
     * @param publication absent: a repetition of it cannot be known
     * @throws GatewayError: the connection is closed, without PUBACK
     */
    published(caller: Caller, to: string, payload: Buffer, publication?: Publication): Promise<void>;
    /** A publisher is connected: to be told before what it publishes. */
    publisherCame(publisher: string): void;
    /** A publisher was heard so long after the PUBACKs of what it published before then that it has them. */
    publisherKnows(publisher: string, untilMs: number): void;
}
