import type { Timers } from "../system/timers.ts";
import { Buckets, type Rate } from "./buckets.ts";

/** Who would have to wait longer is refused. A board waits for its PUBACKs one by one, so it never comes here. */
const MAX_WAIT_MS = 60_000;

/** Lets each key do so much at once, then makes it wait. Nothing that is asked for one after the other is refused. */
export class Pace {
    readonly #timers: Timers;
    readonly #buckets: Buckets;

    constructor(rate: Rate, timers: Timers) {
        this.#timers = timers;
        this.#buckets = new Buckets(rate, timers);
    }

    /** Resolves true when the key may go on; false at once: it is over its rate by more than a minute. */
    async wait(key: string): Promise<boolean> {
        const waitMs = this.#buckets.waitMs(key);
        if (waitMs > MAX_WAIT_MS) return false;
        this.#buckets.spend(key, 1);
        if (waitMs > 0) await new Promise<void>((resolve) => void this.#timers.after(waitMs, resolve));
        return true;
    }

    sweep(): void {
        this.#buckets.sweep();
    }
}
