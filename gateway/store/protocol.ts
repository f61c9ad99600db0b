import type { Store } from "../ports.ts";
import type { Failure } from "./failures.ts";

/** What a caller waits for, without the waiting. `close` is not among them. */
export type Calls = {
    [Name in Exclude<keyof Store, "close">]: (...args: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>;
};

/** Those that only read need no transaction, and go on while the store cannot write. */
export const KINDS: { readonly [Name in keyof Calls]: "read" | "write" } = {
    register: "write",
    byNumber: "read",
    byRoute: "read",
    registrations: "read",
    unregister: "write",
    retire: "write",
    wasRegistered: "read",
    contact: "write",
    endpoints: "read",
    liveSince: "read",
    credentials: "write",
    append: "write",
    backlog: "read",
    backlogSize: "read",
    publisherCame: "write",
    publisherKnows: "write",
    sent: "write",
    settle: "write",
    settleUpTo: "write",
    overflowTold: "write",
    read: "write",
    receipt: "read",
    expire: "write",
    forget: "write",
    clockStepped: "write",
    putCode: "write",
    codes: "read",
    redeem: "write",
    putToken: "write",
    tokenByHash: "read",
    tokens: "read",
    deleteToken: "write",
    meta: "read",
    setMeta: "write",
    size: "read",
};

/** A call on its way into the thread. */
export interface Call {
    id: number;
    name: keyof Calls;
    args: unknown[];
}

/** What comes back of it. */
export interface Outcome {
    id: number;
    value?: unknown;
    failure?: Failure;
}

/** What the thread is told: calls, or that there will be no more. */
export type ToWorker = { calls: Call[] } | { close: true };

/** What it says: first whether it opened, then outcomes; it ends when all is written and closed. */
export type FromWorker = { opened: true; notices: string[] } | { refused: Failure } | { outcomes: Outcome[] };
