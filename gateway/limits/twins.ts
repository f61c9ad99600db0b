import type { Timers } from "../system/timers.ts";

/** Turns of two boards until they are reported: one alone is a board that was replaced by another with its flash. */
export const TURNS = 3;
/** Turns further apart than this are not counted together; the report ends so long after the last one. */
export const TURNS_SPAN_MS = 3_600_000;
/** Chips that a report names. */
const MAX_CHIPS = 4;

interface Turn {
    /** the newest first */
    chips: string[];
    turns: number;
    atMs: number;
}

/** Routes whose connection is taken over by another chip, again and again: boards that have one secret. Only these are remembered. */
export class Twins {
    readonly #timers: Pick<Timers, "nowMs">;
    readonly #turns = new Map<string, Turn>();

    constructor(timers: Pick<Timers, "nowMs">) {
        this.#timers = timers;
    }

    /** A chip took the connection of another one over. @returns the chips, when they are to be reported from now on */
    turn(route: string, from: string, to: string): string[] | undefined {
        this.sweep();
        const { chips: before, turns } = this.#turns.get(route) ?? { chips: [], turns: 0 };
        const chips = [...new Set([to, from, ...before])].slice(0, MAX_CHIPS);
        this.#turns.set(route, { chips, turns: turns + 1, atMs: this.#timers.nowMs() });
        return turns + 1 === TURNS ? chips : undefined;
    }

    /** The chips that take turns; undefined: none do. */
    of(route: string): string[] | undefined {
        this.sweep();
        const turn = this.#turns.get(route);
        return turn !== undefined && turn.turns >= TURNS ? turn.chips : undefined;
    }

    forget(route: string): void {
        this.#turns.delete(route);
    }

    sweep(): void {
        const endMs = this.#timers.nowMs() - TURNS_SPAN_MS;
        for (const [route, { atMs }] of this.#turns) if (atMs <= endMs) this.#turns.delete(route);
    }
}
