import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Store } from "../ports/store.ts";
import type { SteadyClock } from "../system/steady-clock.ts";
import type { Delivery } from "./delivery.ts";

export interface FollowOptions {
    clock: Clock & Partial<SteadyClock>;
    store: Pick<Store, "upkeep">;
    delivery: Pick<Delivery, "clockStepped">;
    log: Log;
}

/** Moves what waits and what is valid along with a clock that was set. @returns whether it was. @throws what the store throws; then nothing moved */
export async function followClock({ clock, store, delivery, log }: FollowOptions): Promise<boolean> {
    const step = clock.follow?.();
    if (step === undefined) return false;
    try {
        const followed = store.upkeep.followClock(step);
        delivery.clockStepped(step);
        await followed;
    } catch (error) {
        clock.undo?.(step);
        delivery.clockStepped({ fromMs: step.fromMs + step.byMs, untilMs: step.untilMs + step.byMs, byMs: -step.byMs });
        throw error;
    }
    log.warn({ byS: Math.round(step.byMs / 1000) }, "the clock was set: what waits and what is valid moved with it");
    return true;
}
