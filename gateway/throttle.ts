import type { Clock } from "./ports.ts";

/** Messages that may push others out of a full backlog before their sender is told to wait: one whole backlog. */
export const OVERFLOW_BURST = 1_000;
/** What it gets back of that, a second. */
export const OVERFLOW_PER_S = 2;
/** Messages of one sender that may be on their way to the store. */
export const MAX_PENDING = 1_000;

interface Bucket {
    spent: number;
    atMs: number;
}

/**
 * Holds senders that flood a number whose device does not take its messages. Whatever fits the backlog is free; only a
 * message that pushed another one out costs a token, so an online device can be sent to as fast as it goes.
 */
export interface Throttle {
    /** @returns 0: go on; otherwise after how many seconds to try again */
    waitS(sender: string, number: string): number;
    /** Takes one token for each message pushed out. */
    charge(sender: string, number: string, messages: number): void;
    /** Forgets buckets that are full again. */
    sweep(): void;
    size(): number;
}

export function createThrottle(clock: Clock): Throttle {
    const buckets = new Map<string, Bucket>();
    const keyOf = (sender: string, number: string) => sender + " " + number;

    function spent(bucket: Bucket): number {
        // A clock that was set back gives nothing back, and takes nothing.
        const sinceMs = Math.max(0, clock.nowMs() - bucket.atMs);
        return Math.max(0, bucket.spent - (sinceMs / 1000) * OVERFLOW_PER_S);
    }

    return {
        waitS(sender, number) {
            const bucket = buckets.get(keyOf(sender, number));
            if (bucket === undefined) return 0;
            const over = spent(bucket) - (OVERFLOW_BURST - 1);
            return over <= 0 ? 0 : Math.ceil(over / OVERFLOW_PER_S);
        },
        charge(sender, number, messages) {
            const key = keyOf(sender, number);
            const bucket = buckets.get(key) ?? { spent: 0, atMs: clock.nowMs() };
            bucket.spent = Math.min(OVERFLOW_BURST, spent(bucket) + messages);
            bucket.atMs = clock.nowMs();
            buckets.set(key, bucket);
        },
        sweep() {
            for (const [key, bucket] of buckets) if (spent(bucket) === 0) buckets.delete(key);
        },
        size: () => buckets.size,
    };
}
