import { STALE_MS } from "./directory.ts";
import type { Clock, Store } from "./ports.ts";

/** Boards that may come back in one second after the gateway was away. Half of what it is asked to bear: chance makes peaks. */
export const CONNECTS_PER_S = 22;
/** Longest base told, in seconds: with it 13,200 boards keep to that rate, and none waits for more than a quarter of an hour. */
export const MAX_BASE_S = 600;
/** How long a count holds. */
export const COUNT_HOLDS_MS = 60_000;

/** What a hello tells as the base of the backoff, in seconds; undefined: the device's own of one second is enough. */
export type BackoffBase = () => Promise<number | undefined>;

/**
 * The base by how many boards there are: registrations not seen for long have none any more, and those that are not online may come too.
 * They are counted once a minute at most, whatever comes; a count that fails leaves the one before.
 */
export function createBackoffBase({ store, clock }: { store: Pick<Store, "liveSince">; clock: Clock }): BackoffBase {
    let boards = 0;
    let countedMs = -Infinity;
    let counting: Promise<void> = Promise.resolve();
    return async () => {
        const nowMs = clock.nowMs();
        if (Math.abs(nowMs - countedMs) >= COUNT_HOLDS_MS) {
            countedMs = nowMs;
            counting = store.liveSince(nowMs - STALE_MS).then(
                (count) => void (boards = count),
                () => undefined, // whoever needs the store will say so
            );
        }
        await counting;
        const baseS = Math.min(MAX_BASE_S, Math.ceil(boards / CONNECTS_PER_S));
        return baseS < 2 ? undefined : baseS;
    };
}
