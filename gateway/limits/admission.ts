import type { Timers } from "../system/timers.ts";
import { Buckets } from "./buckets.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Flapping } from "./flapping.ts";
import { Pace } from "./pace.ts";

/** Routes and tokens remembered as having been connected from an address. */
const MAX_KNOWN = 20_000;

/** How often a client may connect. What refuses does so with a reason, one of few: they are counted. */
export class Admission {
    readonly #connects: Buckets;
    readonly #connectsOfOne: Buckets;
    readonly #failures: Buckets;
    readonly #handshakes: Buckets;
    readonly #flapping: Flapping;
    readonly #known = new Set<string>();
    /** of boards, by route: of their messages, and of what else they send */
    readonly paces: { readonly messages: Pace; readonly reports: Pace };

    constructor(limits: ConnectionLimits, timers: Timers) {
        this.#connects = new Buckets(limits.connectsPerAddress, timers);
        this.#connectsOfOne = new Buckets(limits.connectsPerRoute, timers);
        this.#failures = new Buckets(limits.failuresPerAddress, timers);
        this.#handshakes = new Buckets(limits.handshakesPerAddress, timers);
        this.#flapping = new Flapping(limits, timers);
        this.paces = {
            messages: new Pace(limits.messagesPerRoute, timers),
            reports: new Pace(limits.reportsPerRoute, timers),
        };
    }

    /** Before a TLS handshake. */
    mayShakeHands(client: string): boolean {
        return this.#handshakes.take(client);
    }

    /**
     * Before anything is looked up.
     * @param knownAs what the client claims to be: a route, a chip or a token
     * @returns why it has to come later; undefined: it may go on
     */
    beforeLookup(client: string, knownAs: string): string | undefined {
        if (!this.#connects.take(client)) return "too many CONNECTs from one address";
        if (this.#failures.left(client) < 1 && !this.#known.has(`${client} ${knownAs}`)) {
            return "too many wrong credentials from one address";
        }
        return undefined;
    }

    /** Its credentials were wrong. */
    failed(client: string): void {
        this.#failures.take(client);
    }

    /** After its credentials were found right. @returns why it has to come later */
    afterLookup(client: string, knownAs: string, key: string): string | undefined {
        const known = `${client} ${knownAs}`;
        this.#known.delete(known);
        this.#known.add(known);
        if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.values().next().value!);
        if (!this.#connectsOfOne.take(key)) return "too many CONNECTs of one route";
        if (this.#flapping.pauseMs(key) > 0) return "it was connecting all the time";
        return undefined;
    }

    /** A connection ended. @returns true: the route is refused for a while from now on */
    ended(key: string, livedMs: number): boolean {
        return this.#flapping.ended(key, livedMs);
    }

    flapping(): { key: string; pauseMs: number }[] {
        return this.#flapping.list();
    }

    sweep(): void {
        for (const limiter of [this.#connects, this.#connectsOfOne, this.#failures, this.#handshakes]) limiter.sweep();
        this.#flapping.sweep();
        this.paces.messages.sweep();
        this.paces.reports.sweep();
    }
}
