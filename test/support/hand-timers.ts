import type { Timers } from "../../gateway/system/timers.ts";

interface Alarm {
    atMs: number;
    order: number;
    everyMs: number | undefined;
    call: () => void;
}

/** Timers and a wall clock turned by hand: nothing happens by itself. Quick enough for thousands of devices. */
export class HandTimers implements Timers {
    /** wall clock minus these timers' own: change it to set the wall clock */
    wallMs: number;
    #nowMs = 0;
    #order = 0;
    /** the earliest first */
    readonly #alarms: Alarm[] = [];

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
        return this.#set({ atMs: this.#nowMs + Math.max(0, ms), order: 0, everyMs: undefined, call });
    }

    every(ms: number, call: () => void): () => void {
        return this.#set({ atMs: this.#nowMs + ms, order: 0, everyMs: ms, call });
    }

    #set(alarm: Alarm): () => void {
        alarm.order = ++this.#order;
        this.#alarms.splice(this.#before(alarm), 0, alarm);
        return () => {
            const at = this.#before(alarm);
            if (this.#alarms[at] === alarm) this.#alarms.splice(at, 1);
        };
    }

    /** How many are due before this one. */
    #before({ atMs, order }: Alarm): number {
        let [from, to] = [0, this.#alarms.length];
        while (from < to) {
            const middle = (from + to) >> 1;
            const other = this.#alarms[middle]!;
            if (other.atMs < atMs || (other.atMs === atMs && other.order < order)) from = middle + 1;
            else to = middle;
        }
        return from;
    }

    /** How many calls are still to come. */
    get waiting(): number {
        return this.#alarms.length;
    }

    /** Turns the clock; what is due meanwhile is called in its order, each at its time. */
    turn(ms: number): void {
        const untilMs = this.#nowMs + ms;
        for (let next = this.#alarms[0]; next !== undefined && next.atMs <= untilMs; next = this.#alarms[0]) {
            this.#alarms.shift();
            this.#nowMs = next.atMs;
            if (next.everyMs !== undefined) {
                next.atMs += next.everyMs;
                this.#set(next);
            }
            next.call();
        }
        this.#nowMs = untilMs;
    }
}
