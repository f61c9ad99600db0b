import type { Timers } from "../system/timers.ts";
import { Buckets } from "./buckets.ts";
import { Flapping } from "./flapping.ts";
import type { Claim, Refusal } from "../aedes/identify.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Pace } from "./pace.ts";
import { CONNACK } from "../aedes/packet-types.ts";

/** Routes and tokens remembered as having been connected from an address. */
const MAX_KNOWN = 20_000;

/** How often somebody may try to connect. */
export class Admission {
    readonly #connects: Buckets;
    readonly #connectsOfOne: Buckets;
    readonly #failures: Buckets;
    readonly #handshakes: Buckets;
    readonly #flapping: Flapping;
    /** messages of boards */
    readonly #messages: Pace;
    readonly #known = new Set<string>();

    constructor(limits: ConnectionLimits, timers: Timers) {
        this.#connects = new Buckets(limits.connectsPerAddress, timers);
        this.#connectsOfOne = new Buckets(limits.connectsPerRoute, timers);
        this.#failures = new Buckets(limits.failuresPerAddress, timers);
        this.#handshakes = new Buckets(limits.handshakesPerAddress, timers);
        this.#flapping = new Flapping(limits, timers);
        this.#messages = new Pace(limits.messagesPerRoute, timers);
    }

    /** Before a TLS handshake. */
    mayShakeHands(network: string): boolean {
        return this.#handshakes.take(network);
    }

    /** Before a board's message is taken. Resolves when it is its turn; false: it has said far too much. */
    turnOf(route: string): Promise<boolean> {
        return this.#messages.turn(route);
    }

    /** Before anything is looked up. */
    beforeLookup(network: string, claim: Claim): Refusal | undefined {
        if (!this.#connects.take(network)) return later("too many CONNECTs from one address");
        if (!this.#failures.has(network) && !this.#known.has(`${network} ${claim.knownAs}`)) {
            return later("too many wrong credentials from one address");
        }
        return undefined;
    }

    failed(network: string): void {
        this.#failures.take(network);
    }

    /** After the secret was found right. */
    afterLookup(network: string, { knownAs }: Claim, key: string): Refusal | undefined {
        this.#known.delete(`${network} ${knownAs}`);
        this.#known.add(`${network} ${knownAs}`);
        if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.values().next().value!);
        if (!this.#connectsOfOne.take(key)) return later("too many CONNECTs of one route");
        if (this.#flapping.pauseMs(key) > 0) return later("it was connecting all the time");
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
        this.#connects.sweep();
        this.#connectsOfOne.sweep();
        this.#failures.sweep();
        this.#handshakes.sweep();
        this.#messages.sweep();
        this.#flapping.sweep();
    }
}

function later(why: string): Refusal {
    return { connack: CONNACK.unavailable, why };
}
