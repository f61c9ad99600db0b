import type { Bytes } from "../shared/bytes.ts";
import type { Input, Push, Slot, State } from "./core/states.ts";

/**
 * What a board gives the device. Each call returns at once; nothing here may block or throw. Functions, not methods (`this: void`):
 * the same contract is met in JavaScript and in Lua. `test/contract/platform.ts` is the suite that every board passes.
 */
export interface Platform {
    /** Milliseconds since any fixed moment, an integer. Never goes back. Where numbers are 32-bit it may wrap: only differences are used. */
    nowMs: (this: void) => number;
    /** Asks for one `wake` after so many milliseconds, 0 or more, instead of any asked for before. Negative: none. */
    wakeAfter: (this: void, delayMs: number) => void;
    /**
     * Looks a name up and reports `resolved` once, with an address or with undefined. A report of an older look-up never arrives after
     * a newer one was asked for. The session has a deadline of its own.
     */
    resolve: (this: void, host: string) => void;
    /** Opens a TCP (or TLS) connection, then reports `opened`, `bytes`… and `closed`, each at most once but `bytes`. */
    dial: (this: void, address: string, port: number) => void;
    /** Queues octets for the open connection. The platform keeps their order and splits them as its stack needs. */
    send: (this: void, data: Bytes) => void;
    /** Drops the connection, open or half open, and any look-up. No report of it arrives after this. */
    hangUp: (this: void) => void;
    /** Calls the application's handler. False: it threw. */
    handle: (this: void, message: Push) => boolean;
    /** Writes a slot (flat JSON, `readFields` reads it back) to flash, so that a power cut leaves the old or the new one. False: it could not. */
    save: (this: void, slot: Slot, json: Bytes) => boolean;
    /** Shows the connection's state, and a sentence when something is wrong. */
    show: (this: void, state: State, why: string | undefined) => void;
    /** Shows that messages were dropped from the backlog. */
    overflow: (this: void, dropped: number, from: number, to: number) => void;
    /** Free memory in octets, and the signal in dBm. Undefined: not known. */
    freeOctets: (this: void) => number | undefined;
    signalDbm: (this: void) => number | undefined;
}

/** How a platform reports: link changes, look-ups and the connection's events, in the order in which they happened. */
export type Report = (this: void, input: Input) => void;

/** Called by the platform's one timer. */
export type Wake = (this: void) => void;
