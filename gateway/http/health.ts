import { GatewayError } from "../error.ts";
import type { Services } from "./services.ts";

/** How long a result is reused: requests without a token must not make the disk work. */
export const HEALTH_HOLDS_MS = 10_000;

/** Free space below which the next messages may not fit, although the small write of this check still does. */
const MIN_FREE_OCTETS = 1_048_576;

/** Checks by a write that the store can write, and that its disk has room for more. */
export function createHealth({ store, room, clock }: Pick<Services, "store" | "room" | "clock">) {
    let checkedMs = -Infinity;
    let finding: Promise<void> = Promise.resolve();

    async function examine(nowMs: number): Promise<void> {
        await store.settings.set("health", String(nowMs));
        room.check();
        const { freeOctets, moved } = await store.upkeep.size();
        if (moved === true) {
            const sentence =
                "The store was moved away, or another file is in its place: put it back, then start the gateway again.";
            throw new GatewayError("unavailable", sentence);
        }
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
                finding.catch(() => undefined); // callers of check get the rejection
            }
            return finding;
        },
    };
}
