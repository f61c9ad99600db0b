/** Full jitter: anything from nothing to the span, which doubles with each try up to the cap. */
export const BASE_MS = 1000;
export const CAP_MS = 60000;

/** Tries are never closer than this, whatever the jitter says. */
export const SPACING_MS = 1000;

/** How long a connection must have been online before the span starts from the base again. */
export const STABLE_MS = 30000;

/** A new address is dialed at once, but not by every device of the house in the same millisecond. */
export const NEW_ADDRESS_MS = 500;

/**
 * @param tries failed since the last stable connection, this one included
 * @param random an integer from 0 to span - 1
 * @returns milliseconds to wait, SPACING_MS to CAP_MS
 */
export function backoffMs(tries: number, random: (this: void, span: number) => number): number {
    let span = BASE_MS;
    for (let i = 1; i < tries && span < CAP_MS; i++) span *= 2;
    return Math.max(SPACING_MS, random(Math.min(span, CAP_MS) + 1));
}
