import type { NewMessage } from "../ports/backlog.ts";
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

/**
 * Into the thread: calls, or that there will be no more. Calls lie flat in one array, id, name and arguments of one after the other: to copy
 * an array of plain values costs a third of what objects do.
 */
export type ToWorker = unknown[] | { close: true };

/** Out of it: first whether it opened, and what can be called; then outcomes, flat as well: id, value, failure. It ends when all is written and closed. */
export type FromWorker = { opened: true; calls: CallName[]; notices: string[] } | { refused: Failure } | unknown[];

/** Things of a flat array for each call or outcome. */
const STRIDE = 3;

/** Most calls are of this one: its message travels as its fields, in an order of their own. */
export const APPEND = "backlog.append";

export function addCall(flat: unknown[], { id, name, args }: Call): void {
    flat.push(id, name, name === APPEND ? packMessage(args[0] as NewMessage) : args);
}

const FIELDS = [
    ...(["route", "to", "content", "urgency", "collapseKey", "acceptedMs", "expiresMs", "octets"] as const),
    ...(["tag", "sender", "once", "writtenUpTo"] as const),
] satisfies (keyof NewMessage)[];

function packMessage(message: NewMessage): unknown[] {
    return FIELDS.map((field) => message[field]);
}

function unpackMessage(values: unknown[]): NewMessage {
    const message: Record<string, unknown> = {};
    FIELDS.forEach((field, index) => (message[field] = values[index]));
    return message as unknown as NewMessage;
}

export function readCalls(flat: unknown[]): Call[] {
    const calls: Call[] = [];
    for (let at = 0; at < flat.length; at += STRIDE) {
        const [id, name, args] = flat.slice(at, at + STRIDE) as [number, CallName, unknown[]];
        calls.push({ id, name, args: name === APPEND ? [unpackMessage(args)] : args });
    }
    return calls;
}

export function flatten(outcomes: Outcome[]): unknown[] {
    const flat: unknown[] = [];
    for (const { id, value, failure } of outcomes) flat.push(id, value, failure);
    return flat;
}

export function forEachOutcome(flat: unknown[], answer: (id: number, value: unknown, failure?: Failure) => void): void {
    for (let at = 0; at < flat.length; at += STRIDE) {
        answer(flat[at] as number, flat[at + 1], flat[at + 2] as Failure | undefined);
    }
}
