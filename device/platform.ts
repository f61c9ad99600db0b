import type { Bytes } from "../shared/bytes.ts";
import type { Push, Slot } from "./core/events.ts";

/**
 * What a board gives the device. Each call returns at once; nothing here may block or throw. Functions, not methods (`this: void`):
 * the same contract is met in JavaScript and in Lua. `test/contract/platform.ts` is the suite that every board passes.
 */
export interface Platform {
    /** Milliseconds since any fixed moment, an integer. Never goes back. Where numbers are 32-bit it may wrap: only differences are used. */
    nowMs: (this: void) => number;
    /**
     * Asks for a wake after so many milliseconds, 0 or more, instead of any asked for before. Negative: none. Until the next is asked for,
     * which is at the end of each step, a board may wake again and again.
     */
    wakeAfter: (this: void, delayMs: number) => void;
    /** Looks a name up and reports `resolved` once, with an address or undefined; the answer to an older question never arrives. The session has a deadline of its own. */
    resolve: (this: void, host: string) => void;
    /** Opens a TCP (or TLS) connection to the settings' port, then reports `opened`, `bytes`… and `closed`, each at most once but `bytes`. */
    dial: (this: void, address: string) => void;
    /** Queues octets for the open connection. The platform keeps their order and splits them as its stack needs. */
    send: (this: void, data: Bytes) => void;
    /** Drops the connection, open, half open or closed already, and any look-up. No report of it arrives after this. */
    hangUp: (this: void) => void;
    /** Calls the application's handler. False: it threw. */
    handle: (this: void, push: Push) => boolean;
    /** Writes a slot (flat JSON, `readFields` reads it back) to flash, so that a power cut leaves the old or the new one. False: it could not. */
    save: (this: void, slot: Slot, json: Bytes) => boolean;
    /** Shows the connection's state, and what is wrong or was lost. */
    show: (this: void, state: string, text: string | undefined) => void;
    /** The registration's pairs that only the board knows, without braces: `"r":"espruino","v":"0.1.0","f":12345,"q":-61`. See shared/push/registration.ts. */
    about: (this: void) => Bytes;
}

/** The same contract as one function, which takes an ESP8266 a tenth of the variables: `perform("dial", address)`. */
export type Perform = <What extends keyof Platform>(
    this: void,
    what: What,
    value?: Parameters<Platform[What]>[0],
    more?: Parameters<Platform[What]>[1],
) => ReturnType<Platform[What]>;
