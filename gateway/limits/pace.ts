import type { Timers } from "../system/timers.ts";
import type { Rate } from "./connection-limits.ts";

/** Who would have to wait longer is refused. A board waits for its PUBACKs one by one, so it never comes here. */
const MAX_WAIT_MS = 60_000;
const MAX_KEYS = 50_000;

/** Lets each key have so many at once, and then makes it wait for each. Nothing is refused that is asked for one after the other. */
export class Pace {
    readonly #rate: Rate;
    readonly #timers: Timers;
    /** when all that a key was let have is paid for: it may be ahead by the burst. Who had nothing for longest first */
    readonly #paidMs = new Map<string, number>();

    constructor(rate: Rate, timers: Timers) {
        this.#rate = rate;
        this.#timers = timers;
    }

    /** Resolves true when it is the key's turn; false at once: it is too far ahead. */
    async turn(key: string): Promise<boolean> {
        const nowMs = this.#timers.nowMs();
        const eachMs = 1_000 / this.#rate.perSecond;
        const paidMs = Math.max(nowMs, this.#paidMs.get(key) ?? nowMs) + eachMs;
        const waitMs = paidMs - nowMs - this.#rate.burst * eachMs;
        if (waitMs > MAX_WAIT_MS) return false;
        this.#paidMs.delete(key);
        this.#paidMs.set(key, paidMs);
        if (this.#paidMs.size > MAX_KEYS) this.#paidMs.delete(this.#paidMs.keys().next().value!);
        if (waitMs > 0) await new Promise<void>((resolve) => void this.#timers.after(waitMs, resolve));
        return true;
    }

    /** Forgets those who owe nothing. */
    sweep(): void {
        const nowMs = this.#timers.nowMs();
        for (const [key, paidMs] of this.#paidMs) if (paidMs <= nowMs) this.#paidMs.delete(key);
    }
}
