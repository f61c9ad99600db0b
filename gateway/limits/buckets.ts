import type { Timers } from "../system/timers.ts";

/** So many at once, then so many a second. */
export interface Rate {
    burst: number;
    perSecond: number;
}

/** Keys kept at most. Beyond that the ones not used for longest are forgotten: a flood of addresses must not fill the memory. */
const MAX_KEYS = 50_000;

/** Token buckets, one for each key. A bucket that nobody used yet is full. */
export class Buckets {
    readonly #rate: Rate;
    readonly #timers: Pick<Timers, "nowMs">;
    readonly #buckets = new Map<string, { left: number; atMs: number }>();

    constructor(rate: Rate, timers: Pick<Timers, "nowMs">) {
        this.#rate = rate;
        this.#timers = timers;
    }

    /** Tokens left: the burst at most; below 0 is a debt. */
    left(key: string): number {
        const bucket = this.#buckets.get(key);
        if (bucket === undefined) return this.#rate.burst;
        const gained = ((this.#timers.nowMs() - bucket.atMs) / 1000) * this.#rate.perSecond;
        return Math.min(this.#rate.burst, bucket.left + gained);
    }

    /** Whether the bucket is not full. */
    owes(key: string): boolean {
        return this.left(key) < this.#rate.burst;
    }

    /** Milliseconds until there is a token; 0: there is one now. */
    waitMs(key: string): number {
        const missing = 1 - this.left(key);
        return missing <= 0 ? 0 : (missing / this.#rate.perSecond) * 1000;
    }

    /** Takes a token. False: there was none. */
    take(key: string): boolean {
        if (this.left(key) < 1) return false;
        this.spend(key, 1);
        return true;
    }

    /** Takes tokens whether they are there or not. @param tokens below 0: gives them back */
    spend(key: string, tokens: number): void {
        const left = this.left(key) - tokens;
        this.#buckets.delete(key); // and back in at the end: the first of the map are those not used for longest
        if (left < this.#rate.burst) this.#buckets.set(key, { left, atMs: this.#timers.nowMs() });
        if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    }

    /** Fills a bucket. */
    reset(key: string): void {
        this.#buckets.delete(key);
    }

    /** Forgets buckets that are full again. */
    sweep(): void {
        for (const key of this.#buckets.keys()) if (this.left(key) >= this.#rate.burst) this.#buckets.delete(key);
    }

    /** Buckets that are not full. */
    get size(): number {
        return this.#buckets.size;
    }
}
