import type { Timers } from "../system/timers.ts";
import type { ConnectionLimits } from "./connection-limits.ts";

const MINUTE_MS = 60_000;

interface Record {
    /** when its last short connections ended, the oldest first */
    endedMs: number[];
    /** refused until then; 0: it is not */
    untilMs: number;
}

/** Routes whose connections end as soon as they are made: a board that crashes at each push, or two boards with one secret. */
export class Flapping {
    readonly #limits: ConnectionLimits;
    readonly #timers: Timers;
    readonly #records = new Map<string, Record>();

    constructor(limits: ConnectionLimits, timers: Timers) {
        this.#limits = limits;
        this.#timers = timers;
    }

    /** To be called with each connection's end. @returns true: with this one the route is refused for a while */
    ended(key: string, livedMs: number): boolean {
        if (livedMs >= this.#limits.shortMs) return false;
        const nowMs = this.#timers.nowMs();
        const record = this.#records.get(key) ?? { endedMs: [], untilMs: 0 };
        record.endedMs = record.endedMs.filter((atMs) => nowMs - atMs < MINUTE_MS);
        record.endedMs.push(nowMs);
        this.#records.set(key, record);
        if (record.endedMs.length < this.#limits.flappingConnects || record.untilMs > nowMs) return false;
        record.untilMs = nowMs + this.#limits.flappingPauseMs;
        record.endedMs = [];
        return true;
    }

    /** For how many milliseconds more it is refused; 0: it is not. */
    pauseMs(key: string): number {
        const record = this.#records.get(key);
        return record === undefined ? 0 : Math.max(0, record.untilMs - this.#timers.nowMs());
    }

    list(): { key: string; pauseMs: number }[] {
        return [...this.#records.keys()]
            .map((key) => ({ key, pauseMs: this.pauseMs(key) }))
            .filter(({ pauseMs }) => pauseMs > 0);
    }

    /** Forgets what is over. */
    sweep(): void {
        const nowMs = this.#timers.nowMs();
        for (const [key, record] of this.#records) {
            const last = record.endedMs.at(-1) ?? -Infinity;
            if (record.untilMs <= nowMs && nowMs - last >= MINUTE_MS) this.#records.delete(key);
        }
    }
}
