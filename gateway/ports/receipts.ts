import type { Receipt } from "../message.ts";
import type { NumberRange } from "../number-range.ts";
import type { Route } from "../registration.ts";

/** What became of each message. */
export interface ReceiptStore {
    /** Undefined: there is no such message, or none to a number of the range. */
    find(id: string, range?: NumberRange): Promise<Receipt | undefined>;
    /** Adds `read` to the history of a delivered message; false, and no effect, for any other. */
    markRead(route: Route, sequence: number, atMs: number): Promise<boolean>;
}
