import type { Timers } from "../../gateway/system/timers.ts";

interface Alarm {
    atMs: number;
    everyMs: number | undefined;
    call: () => void;
}

/** Timers and a wall clock turned by hand: nothing happens by itself. */
export class HandTimers implements Timers {
    /** wall clock minus these timers' own: change it to set the wall clock */
    wallMs: number;
    #nowMs = 0;
    readonly #alarms = new Set<Alarm>();

    /** @param wallMs what the wall clock shows at the start */
    constructor(wallMs = 0) {
        this.wallMs = wallMs;
    }

    nowMs(): number {
        return this.#nowMs;
    }

    /** The wall clock that goes along. */
    readonly clock = { nowMs: () => this.wallMs + this.#nowMs };

    after(ms: number, call: () => void): () => void {
        return this.#set({ atMs: this.#nowMs + ms, everyMs: undefined, call });
    }

    every(ms: number, call: () => void): () => void {
        return this.#set({ atMs: this.#nowMs + ms, everyMs: ms, call });
    }

    #set(alarm: Alarm): () => void {
        this.#alarms.add(alarm);
        return () => void this.#alarms.delete(alarm);
    }

    /** How many calls are still to come. */
    get waiting(): number {
        return this.#alarms.size;
    }

    /** Turns the clock; what is due meanwhile is called in its order, each at its time. */
    turn(ms: number): void {
        const untilMs = this.#nowMs + ms;
        for (;;) {
            const [next] = [...this.#alarms].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
            if (next === undefined) break;
            this.#nowMs = next.atMs;
            if (next.everyMs === undefined) this.#alarms.delete(next);
            else next.atMs += next.everyMs;
            next.call();
        }
        this.#nowMs = untilMs;
    }
}
