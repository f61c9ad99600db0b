/**
 * Full jitter: anything from SPACING_MS to the span, which doubles with each try up to the cap. A gateway of many devices gives them
 * a longer base, so that they do not all come at once when it restarts. Then only the first wait is random, and each later one is the
 * whole span: so they stay as far apart as the first one put them, however long the gateway is away. Random again, they would pile up.
 */
export const BASE_S = 1;
export const CAP_MS = 60000;

/** Tries are never closer than this, whatever the jitter is. */
export const SPACING_MS = 1000;

/** How long a connection must have been online before the span starts from the base again. */
export const STABLE_MS = 30000;

/** A new address is dialed at once, but not by every device of the house in the same millisecond. */
export const NEW_ADDRESS_MS = 500;

/**
 * @param tries failed since the last stable connection, this one included
 * @param baseS seconds: BASE_S, or the base in the gateway's last hello
 * @param random an integer from 0 to span - 1
 * @returns milliseconds to wait, SPACING_MS to CAP_MS (or to the base where that is more)
 */
export function backoffMs(tries: number, baseS: number, random: (this: void, span: number) => number): number {
    const cap = Math.max(CAP_MS, baseS * 1000);
    let span = baseS * 1000;
    for (let i = 1; i < tries && span < cap; i++) span *= 2;
    span = Math.min(span, cap);
    if (tries > 1 && baseS > BASE_S) return span;
    // Added, not a lower bound: all devices that draw less than the bound would come in the same moment.
    return SPACING_MS + random(span - (SPACING_MS - 1));
}
