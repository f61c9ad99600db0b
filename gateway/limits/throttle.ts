import type { Timers } from "../system/timers.ts";

/** Messages that may push others out of a full backlog before their sender is told to wait: one whole backlog, unless it is set otherwise. */
export const OVERFLOW_BURST = 1_000;
/** What it gets back of that, a second. */
export const OVERFLOW_PER_S = 2;

/** Messages of one sender that may be on their way to the store. */
export const MAX_PENDING = 1_000;

interface Bucket {
    /** tokens taken, as of `atMs` */
    spent: number;
    atMs: number;
    /** messages under way: a token each, given back if it pushed nothing out */
    entered: number;
}

/**
 * Holds senders that flood a number whose device does not take its messages. Whatever fits the backlog is free; only a
 * message that pushed another one out costs a token, so an online device can be sent to as fast as it goes.
 */
export interface Throttle {
    /**
     * Asks to store one message. Who has pushed others out before pays in advance, so that many at once do not all pass on one token.
     * @param sender a token's id, a device's route
     * @returns after how many seconds to try again; 0: go on, and tell with `settle` what came of it
     */
    enter(sender: string, number: string): number;
    /** @param pushedOut how many messages the one that entered pushed out of the backlog; 1 if it was refused as too_many itself */
    settle(sender: string, number: string, pushedOut: number): void;
    /** Forgets buckets that are full again. */
    sweep(): void;
    size(): number;
}

/** @param burst messages of a whole backlog */
export function createThrottle(timers: Pick<Timers, "nowMs">, burst = OVERFLOW_BURST): Throttle {
    const buckets = new Map<string, Bucket>();
    const keyOf = (sender: string, number: string) => sender + " " + number;

    function spent(bucket: Bucket): number {
        const sinceMs = timers.nowMs() - bucket.atMs; // monotonic: a clock that is set gives nothing back and takes nothing
        return Math.max(0, bucket.spent - (sinceMs / 1000) * OVERFLOW_PER_S);
    }

    return {
        enter(sender, number) {
            const bucket = buckets.get(keyOf(sender, number));
            if (bucket === undefined) return 0;
            const over = spent(bucket) + bucket.entered - (burst - 1);
            if (over > 0) return Math.ceil(over / OVERFLOW_PER_S);
            bucket.entered++;
            return 0;
        },
        settle(sender, number, pushedOut) {
            const key = keyOf(sender, number);
            let bucket = buckets.get(key);
            if (bucket === undefined) {
                if (pushedOut === 0) return;
                bucket = { spent: 0, atMs: timers.nowMs(), entered: 0 };
                buckets.set(key, bucket);
            }
            bucket.entered = Math.max(0, bucket.entered - 1); // some entered before there was a bucket
            bucket.spent = Math.min(burst, spent(bucket) + pushedOut);
            bucket.atMs = timers.nowMs();
        },
        sweep() {
            for (const [key, bucket] of buckets) {
                if (spent(bucket) === 0 && bucket.entered === 0) buckets.delete(key);
            }
        },
        size: () => buckets.size,
    };
}
