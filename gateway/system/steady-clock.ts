import type { Clock, ClockStep } from "../clock.ts";

/** A wall clock that was set by less is followed at once; by more, together with the store. */
export const STEP_MS = 60_000;
/** Before 2025 no gateway of this kind ran: a clock that shows less has not been set, as that of a Pi without a network. */
export const UNSET_MS = Date.UTC(2025);

/** The wall clock, but for its jumps: they come with `follow`. */
export interface SteadyClock extends Clock {
    /** What is to be moved, if the wall clock was set since. The clock shows the new time as soon as this returns. */
    follow(): ClockStep | undefined;
    /** The store could not follow: the clock goes back to where it was, and `follow` will say it again. */
    undo(step: ClockStep): void;
}

/**
 * A Pi has no clock of its own: it starts with any time, in 1970 perhaps, and is put right when it has found the network. What it wrote
 * down until then was right by its wrong clock, and must neither end at once nor stay for years.
 * @param uptimeMs goes on at a second a second, whatever the clock is set to, also while the machine sleeps
 */
export function createSteadyClock(wallMs: () => number, uptimeMs: () => number): SteadyClock {
    let startMs = wallMs();
    let offsetMs = startMs - uptimeMs();
    /** what was shown last; there is no need to ask for the uptime while the next is not far from it */
    let shownMs = startMs;

    const isStep = (byMs: number) => Math.abs(byMs) >= STEP_MS;
    return {
        nowMs() {
            const wall = wallMs();
            if (isStep(wall - shownMs)) {
                const steady = uptimeMs() + offsetMs;
                if (isStep(wall - steady)) return Math.floor(steady);
            }
            return (shownMs = wall);
        },
        follow() {
            const wall = wallMs();
            const nowMs = uptimeMs() + offsetMs;
            const byMs = Math.round(wall - nowMs);
            offsetMs += byMs;
            shownMs = wall;
            if (!isStep(byMs)) return undefined;
            const fromMs = startMs;
            startMs += byMs;
            // of an unset clock also what it wrote in an earlier life
            if (nowMs < UNSET_MS) return { fromMs: 0, untilMs: UNSET_MS - 1, byMs };
            return { fromMs, untilMs: Math.ceil(nowMs), byMs };
        },
        undo({ byMs }) {
            offsetMs -= byMs;
            startMs -= byMs;
            shownMs = -Infinity;
        },
    };
}
