import { GatewayError } from "../error.ts";
import type { Services } from "./services.ts";

/** How long a finding holds: whoever asks without a token must not make the disk work. */
export const HEALTH_HOLDS_MS = 10_000;

/** With less room than this the next messages may not fit: what is asked here is smaller than any of them. */
const MIN_FREE_OCTETS = 1_048_576;

/** Finds out whether the store can write, by writing, and whether it will be able to. */
export function createHealth({ store, clock }: Pick<Services, "store" | "clock">) {
    let checkedMs = -Infinity;
    let finding: Promise<void> = Promise.resolve();

    async function examine(nowMs: number): Promise<void> {
        await store.setMeta("health", String(nowMs));
        const { freeOctets } = await store.size();
        if (freeOctets !== undefined && freeOctets < MIN_FREE_OCTETS) {
            throw new GatewayError("unavailable", "The store's disk is full: free some space.");
        }
    }

    return {
        /** @throws GatewayError("unavailable") when the store could not write */
        check(): Promise<void> {
            const nowMs = clock.nowMs();
            if (Math.abs(nowMs - checkedMs) >= HEALTH_HOLDS_MS) {
                checkedMs = nowMs;
                finding = examine(nowMs);
                finding.catch(() => undefined); // whoever waits for it learns it
            }
            return finding;
        },
    };
}
