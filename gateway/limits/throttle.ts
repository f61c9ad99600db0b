import { GatewayError } from "../error.ts";
import type { Timers } from "../system/timers.ts";
import { Buckets } from "./buckets.ts";

/** Messages that may end in vain before their sender has to wait: one whole backlog, unless it is set otherwise. */
export const OVERFLOW_BURST = 1_000;
/** How many of them a second a sender gets back. */
export const OVERFLOW_PER_S = 2;

/**
 * Holds senders that flood a number whose device does not take its messages. What fits the backlog is free; each message that ends in
 * vain costs a token, so an online device can be sent to as fast as it goes.
 */
export class Throttle {
    readonly #buckets: Buckets;

    /** @param burst messages of a whole backlog */
    constructor(timers: Pick<Timers, "nowMs">, burst = OVERFLOW_BURST) {
        this.#buckets = new Buckets({ burst, perSecond: OVERFLOW_PER_S }, timers);
    }

    /**
     * Stores one message with `append`. A sender that overflowed this number lately is charged a token up front, so that many
     * messages at once do not all pass on one token; it gets it back when nothing ended in vain.
     * @returns the result
     * @throws GatewayError too_many with the seconds to wait, and what `append` throws
     */
    async run<A>(sender: string, number: string, append: () => Promise<{ result: A; inVain: number }>): Promise<A> {
        const key = `${sender} ${number}`;
        const charged = this.#buckets.owes(key) ? 1 : 0;
        if (charged === 1 && !this.#buckets.take(key)) throw flooded(this.#buckets.waitMs(key));
        let cost = 0;
        try {
            const appended = await append();
            cost = appended.inVain;
            return appended.result;
        } catch (error) {
            if (error instanceof GatewayError && error.code === "too_many") cost = 1; // it was pushed out itself
            throw error;
        } finally {
            this.#buckets.spend(key, Math.min(cost - charged, this.#buckets.left(key))); // never into debt
        }
    }

    /** Forgets senders that owe nothing any more. */
    sweep(): void {
        this.#buckets.sweep();
    }

    size(): number {
        return this.#buckets.size;
    }
}

function flooded(waitMs: number): GatewayError {
    return new GatewayError(
        "too_many",
        "The board of this number is not taking its messages, and many ended already: send again later, or send less.",
        { retryAfterS: Math.ceil(waitMs / 1000) },
    );
}
