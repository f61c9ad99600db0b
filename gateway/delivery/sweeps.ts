import type { Directory } from "../directory/directory.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Throttle } from "../limits/throttle.ts";
import { SYSTEM_TIMERS, type Timers } from "../system/timers.ts";
import { RECEIPT_KEPT_MS } from "./store-room.ts";

/** How often messages past their time are ended, and how often the rest is tidied up. */
export const EXPIRE_EVERY_MS = 10_000;
export const TIDY_EVERY_MS = 3_600_000;
/** After the clock was set, no registration ends in so many tidyings: time for a wrong time server to be put right. */
export const TIDIES_IN_DOUBT = 24;
/** Rows of one transaction, some milliseconds: callers who wait meanwhile wait for these only. */
const BATCH = 100;

export interface SweepOptions {
    store: { backlog: Pick<Store["backlog"], "expire">; upkeep: Pick<Store["upkeep"], "forget"> };
    directory: Pick<Directory, "sweep">;
    connections: Pick<Connections, "close">;
    throttle: Pick<Throttle, "sweep">;
    clock: Clock;
    log: Log;
    timers?: Pick<Timers, "every">;
    /** Makes the store follow a clock that was set. @returns whether it was */
    followClock?: () => Promise<boolean>;
}

/** What has to end by itself: messages past their time, old receipts and codes, registrations long out of contact. */
export function startSweeps(options: SweepOptions): { close(): Promise<void> } {
    const { store, directory, connections, throttle, clock, log, timers = SYSTEM_TIMERS } = options;

    let inDoubt = 0;
    let closed = false;

    async function follow(): Promise<void> {
        if ((await options.followClock?.()) === true) inDoubt = TIDIES_IN_DOUBT;
    }

    async function expire(): Promise<void> {
        await follow();
        const nowMs = clock.nowMs();
        await inBatches(() => store.backlog.expire(nowMs, BATCH));
    }

    async function tidy(): Promise<void> {
        await follow();
        const nowMs = clock.nowMs();
        if (inDoubt > 0) inDoubt--;
        else for (const { route } of await directory.sweep(nowMs)) connections.close(route, "expired");
        await inBatches(() => store.upkeep.forget(nowMs - RECEIPT_KEPT_MS, BATCH));
        throttle.sweep();
    }

    /** Until a batch was not full. */
    async function inBatches(batch: () => Promise<number>): Promise<void> {
        while (!closed && (await batch()) === BATCH);
    }

    const sweeps = [repeat(EXPIRE_EVERY_MS, expire, "expiry"), repeat(TIDY_EVERY_MS, tidy, "tidying")];

    /** One after the other: a sweep that takes longer than its interval is not begun again meanwhile. */
    function repeat(ms: number, sweep: () => Promise<void>, name: string) {
        let running: Promise<void> | undefined;
        const stop = timers.every(ms, () => {
            running ??= sweep()
                .catch((error: unknown) => log.warn({ error, name }, "a sweep failed and is tried again later"))
                .finally(() => (running = undefined));
        });
        return { stop, ended: async () => running };
    }

    return {
        async close() {
            closed = true;
            for (const { stop } of sweeps) stop();
            await Promise.all(sweeps.map(({ ended }) => ended()));
        },
    };
}
