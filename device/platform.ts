import type { Output, Taken } from "./core/events.ts";
import type { Body } from "./core/settings.ts";

/**
 * What the driver asks of a board: the session's outputs, and the one timer. Each returns at once; nothing here may block or throw.
 *
 * - `resolve`: looks a name up and reports `resolved` once; the answer to an older question never arrives. The session has a deadline of its own.
 * - `dial`: opens a TCP (or TLS) connection to the settings' port, then reports `opened`, `bytes`… and `closed`, each at most once but `bytes`.
 *   `opened` carries the registration's pairs that only the board knows, without braces: `"r":"espruino","v":"0.1.0","f":12345,"q":-61`.
 *   See shared/push/registration.ts.
 * - `send`: queues octets for the open connection. The platform keeps their order and splits them as its stack needs.
 * - `hangUp`: drops the connection, open, half open or closed already, and any look-up. No report of it arrives after this.
 * - `deliver`: calls the application's handler. False: it threw. "later": it returned `false`, or there is none.
 * - `describe`: reports `described` with the pairs that `opened` carries, as they are now.
 * - `settled`: calls what the application gave with its message. Should that throw, it does not hurt the device.
 * - `save`: writes a slot (flat JSON, `readFields` reads it back) to flash, so that a power cut leaves the old or the new one. False: it could not.
 * - `state`: shows the connection's state, and what is wrong or was lost.
 * - `wake`: reports a `tick` after so many milliseconds, 0 or more, instead of any asked for before. Until the next is asked for, which is
 *   at the end of each step, a board may wake again and again.
 */
export type Request = Output | { type: "wake"; afterMs: number };

/**
 * What a board gives the device. Functions, not methods (`this: void`): the same contract is met in JavaScript and in Lua. One function
 * performs all, because each that is kept takes an ESP8266 four variables or more. `test/contract/platform.ts` is the suite that every
 * board passes.
 */
export interface Platform extends Body {
    /** Milliseconds since any fixed moment, an integer. Never goes back. Where numbers are 32-bit it may wrap: only differences are used. */
    nowMs: (this: void) => number;
    /** @returns false: it failed, where failing has a meaning */
    perform: (this: void, request: Request) => Taken;
}
