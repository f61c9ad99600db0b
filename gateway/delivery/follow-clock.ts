import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Store } from "../ports/store.ts";
import type { SteadyClock } from "../system/steady-clock.ts";
import type { Delivery } from "./delivery.ts";

/** When the gateway ran last, in the settings; noted at the start, with each step, and once in so long. */
export const LAST_RAN = "last ran";
const NOTE_EVERY_MS = 3_600_000;

export interface FollowOptions {
    clock: Clock & Partial<SteadyClock>;
    store: Pick<Store, "upkeep" | "settings">;
    delivery: Pick<Delivery, "clockStepped">;
    log: Log;
}

/**
 * To be called at the start.
 * @returns what moves all that waits and is valid along with a clock that was set: whether it was. It throws what the store throws; then nothing
 * moved
 */
export async function createClockFollower(options: FollowOptions): Promise<() => Promise<boolean>> {
    const { clock, store, delivery, log } = options;
    const lastRan = await store.settings.get(LAST_RAN);
    if (lastRan !== undefined) clock.resume?.(Number(lastRan));
    let notedMs = -Infinity;

    async function note(): Promise<void> {
        const nowMs = clock.nowMs();
        if (Math.abs(nowMs - notedMs) < NOTE_EVERY_MS) return;
        await store.settings.set(LAST_RAN, String(nowMs));
        notedMs = nowMs;
    }

    async function step(): Promise<boolean> {
        const step = clock.follow?.();
        if (step === undefined) return false;
        try {
            const followed = store.upkeep.followClock(step);
            delivery.clockStepped();
            await followed;
        } catch (error) {
            clock.undo?.(step);
            delivery.clockStepped();
            throw error;
        }
        log.warn(
            { byS: Math.round(step.byMs / 1000) },
            "the clock was set: what waits and what is valid moved with it",
        );
        return true;
    }

    await note();
    return async () => {
        const stepped = await step();
        await note();
        return stepped;
    };
}
