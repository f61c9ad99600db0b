import type { Ports } from "../ports/store.ts";
import type { Failure } from "./failures.ts";

/** A port and its call: "backlog.append". */
export type CallName = { [P in keyof Ports]: `${P}.${keyof Ports[P] & string}` }[keyof Ports];

/** A call on its way into the thread. */
export interface Call {
    id: number;
    name: CallName;
    args: unknown[];
}

/** What comes back of it. */
export interface Outcome {
    id: number;
    value?: unknown;
    failure?: Failure;
}

/** Into the thread: calls, or that there will be no more. */
export type ToWorker = { calls: Call[] } | { close: true };

/** Out of it: first whether it opened, and what can be called; then outcomes. It ends when all is written and closed. */
export type FromWorker =
    { opened: true; calls: CallName[]; notices: string[] } | { refused: Failure } | { outcomes: Outcome[] };
