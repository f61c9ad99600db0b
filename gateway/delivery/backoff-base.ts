import type { Clock } from "../clock.ts";
import type { Store } from "../ports/store.ts";

/** Boards that may come back in one second after the gateway was away. Less than half of what it is asked to bear: chance makes peaks. */
export const CONNECTS_PER_S = 20;
/** Longest base in a hello, in seconds: with it 12,000 boards keep to that rate, and none waits for longer. */
export const MAX_BASE_S = 600;
/** More are not counted: they change nothing. */
const MAX_COUNTED = MAX_BASE_S * CONNECTS_PER_S;
/** How long a count holds. */
export const COUNT_HOLDS_MS = 60_000;
/** Boards silent for this long are not counted: they have no connection to lose. One that is connected is in contact each hour. */
export const IN_CONTACT_MS = 86_400_000;

/**
 * What a hello tells as the base of the backoff, in seconds; undefined: the device's own of one second is enough. It is by the last count; when
 * that holds no more another one begins, which the store answers before what it is asked next.
 */
export type BackoffBase = () => number | undefined;

/**
 * The base by how many boards may come at once: those in contact within a day, online or not, and those registered within it.
 * They are counted once a minute at most, whatever comes; a count that fails leaves the one before.
 */
export function createBackoffBase({
    store,
    clock,
}: {
    store: { contacts: Pick<Store["contacts"], "liveSince"> };
    clock: Clock;
}): BackoffBase {
    let boards = 0;
    let countedMs = -Infinity;
    return () => {
        const nowMs = clock.nowMs();
        if (Math.abs(nowMs - countedMs) >= COUNT_HOLDS_MS) {
            countedMs = nowMs;
            store.contacts.liveSince(nowMs - IN_CONTACT_MS, MAX_COUNTED).then(
                (live) => (boards = live),
                () => {}, // another call to the store reports it
            );
        }
        const baseS = Math.min(MAX_BASE_S, Math.ceil(boards / CONNECTS_PER_S));
        return baseS < 2 ? undefined : baseS;
    };
}
