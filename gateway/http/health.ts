import type { Services } from "./services.ts";

/** How long a finding holds: whoever asks without a token must not make the disk work. */
export const HEALTH_HOLDS_MS = 10_000;

/** Finds out whether the store can write, by writing. */
export function createHealth({ store, clock }: Pick<Services, "store" | "clock">) {
    let checkedMs = -Infinity;
    let finding: Promise<void> = Promise.resolve();
    return {
        /** @throws GatewayError("unavailable") when the store could not write */
        check(): Promise<void> {
            const nowMs = clock.nowMs();
            if (Math.abs(nowMs - checkedMs) >= HEALTH_HOLDS_MS) {
                checkedMs = nowMs;
                finding = store.setMeta("health", String(nowMs));
                finding.catch(() => undefined); // whoever waits for it learns it
            }
            return finding;
        },
    };
}
