import type { Timers } from "../system/timers.ts";
import type { Rate } from "./connection-limits.ts";

/** Keys kept at most. When there are more, the oldest are forgotten: a flood of addresses must not fill the memory. */
const MAX_KEYS = 50_000;

interface Bucket {
    left: number;
    atMs: number;
}

/** Token buckets by key. */
export class Buckets {
    readonly #rate: Rate;
    readonly #timers: Timers;
    readonly #buckets = new Map<string, Bucket>();

    constructor(rate: Rate, timers: Timers) {
        this.#rate = rate;
        this.#timers = timers;
    }

    /** Whether a token is left, without taking it. */
    has(key: string): boolean {
        return this.#left(key) >= 1;
    }

    /** Takes a token. False: there was none. */
    take(key: string): boolean {
        const left = this.#left(key);
        if (left < 1) return false;
        this.#buckets.delete(key); // and to the end of the map's order: the oldest are at its front
        this.#buckets.set(key, { left: left - 1, atMs: this.#timers.nowMs() });
        if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
        return true;
    }

    /** Forgets buckets that are full again. */
    sweep(): void {
        for (const key of this.#buckets.keys()) {
            if (this.#left(key) >= this.#rate.burst) this.#buckets.delete(key);
        }
    }

    #left(key: string): number {
        const bucket = this.#buckets.get(key);
        if (bucket === undefined) return this.#rate.burst;
        const gained = ((this.#timers.nowMs() - bucket.atMs) / 1000) * this.#rate.perSecond;
        return Math.min(this.#rate.burst, bucket.left + gained);
    }
}
