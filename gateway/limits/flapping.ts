import type { Timers } from "../system/timers.ts";
import { Buckets, type Rate } from "./buckets.ts";

export interface FlappingLimits {
    /** short connections of a route; when they are spent, it is refused for the pause */
    shortConnections: Rate;
    flappingPauseMs: number;
    /** a connection that lasted less is a short one */
    shortMs: number;
}

/** Routes whose connections end as soon as they are made: a board that crashes at each push, or two boards with one secret. */
export class Flapping {
    readonly #limits: FlappingLimits;
    readonly #timers: Pick<Timers, "nowMs">;
    readonly #short: Buckets;
    /** until when each is refused */
    readonly #pausedUntilMs = new Map<string, number>();

    constructor(limits: FlappingLimits, timers: Pick<Timers, "nowMs">) {
        this.#limits = limits;
        this.#timers = timers;
        this.#short = new Buckets(limits.shortConnections, timers);
    }

    /** To be called at the end of each connection. @returns true: with this one the route is refused for a while */
    ended(key: string, livedMs: number): boolean {
        if (livedMs >= this.#limits.shortMs || this.pauseMs(key) > 0) return false;
        this.#short.spend(key, 1);
        if (this.#short.left(key) >= 1) return false;
        this.#short.reset(key);
        this.#pausedUntilMs.set(key, this.#timers.nowMs() + this.#limits.flappingPauseMs);
        return true;
    }

    /** For how many milliseconds more it is refused; 0: it is not. */
    pauseMs(key: string): number {
        return Math.max(0, (this.#pausedUntilMs.get(key) ?? 0) - this.#timers.nowMs());
    }

    list(): { key: string; pauseMs: number }[] {
        this.sweep();
        return [...this.#pausedUntilMs.keys()].map((key) => ({ key, pauseMs: this.pauseMs(key) }));
    }

    sweep(): void {
        this.#short.sweep();
        for (const key of this.#pausedUntilMs.keys()) if (this.pauseMs(key) === 0) this.#pausedUntilMs.delete(key);
    }
}
