import type { Body } from "./settings.ts";

/** Full jitter: anything from nothing to the span, and the span doubles with each try up to the cap. */
export const BASE_MS = 1000;
export const CAP_MS = 60000;

/** Tries are never closer than this, whatever the jitter says. */
export const SPACING_MS = 1000;

/** How long a connection must have been online before the span starts from the base again. */
export const STABLE_MS = 30000;

/** A new address is dialed at once, but not by every device of the house in the same millisecond. */
export const NEW_ADDRESS_MS = 500;

/** @param tries failed since the last stable connection, this one included @returns milliseconds to wait, 0 to CAP_MS */
export function backoffMs(tries: number, body: Body): number {
    let span = BASE_MS;
    for (let i = 1; i < tries && span < CAP_MS; i++) span *= 2;
    return body.random(Math.min(span, CAP_MS) + 1);
}
