import { createHash } from "node:crypto";
import { GatewayError, type Code } from "../error.ts";
import type { Timers } from "../system/timers.ts";

/** What will be refused the next time too. */
const FOR_GOOD: readonly Code[] = [
    "invalid_request",
    "invalid_number",
    "unknown_number",
    "unregistered",
    "too_large",
    "forbidden",
];
const REMEMBERED_MS = 10 * 60_000;
const MAX_REMEMBERED = 1_000;

/**
 * Messages of publishers that were refused for good. MQTT 3.1.1 can say so only by closing the connection, and a client that keeps
 * its QoS 1 messages then says the same one again, first thing on its next connection: that would go on for ever, and what waits
 * behind it would never be said.
 */
export class RepeatedRefusals {
    readonly #timers: Timers;
    /** when it was refused, the oldest first, by a digest of who said what to whom */
    readonly #refusedMs = new Map<string, number>();

    constructor(timers: Timers) {
        this.#timers = timers;
    }

    /** To be asked at each refusal. @returns true: this message was refused before, and it has to be given up */
    again(caller: string, topic: string, payload: Buffer, error: unknown): boolean {
        if (!(error instanceof GatewayError) || !FOR_GOOD.includes(error.code)) return false;
        const nowMs = this.#timers.nowMs();
        for (const [key, atMs] of this.#refusedMs) {
            if (nowMs - atMs < REMEMBERED_MS && this.#refusedMs.size <= MAX_REMEMBERED) break;
            this.#refusedMs.delete(key);
        }
        const digest = createHash("sha256").update(`${caller}\0${topic}\0`).update(payload).digest("base64");
        const known = this.#refusedMs.delete(digest);
        if (!known) this.#refusedMs.set(digest, nowMs);
        return known;
    }
}
