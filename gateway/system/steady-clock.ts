import type { Clock, ClockStep } from "../clock.ts";

/** A wall clock that was set by less is followed at once; by more, together with the store. */
export const STEP_MS = 60_000;
/** Before 2025 no gateway of this kind ran: a clock that shows less has not been set, as that of a Pi without a network. */
export const UNSET_MS = Date.UTC(2025);

/** Away for longer than any message may wait: the gateway takes that for a wrong clock. */
export const MAX_AWAY_MS = 28 * 86_400_000;

/** The wall clock, but for its jumps: they come with `follow`. */
export interface SteadyClock extends Clock {
    /** To be called at the start. @param lastMs when the gateway ran last; if that is too long ago, the clock goes on from there */
    resume(lastMs: number): void;
    /** What is to be moved, if the wall clock was set since. The clock shows the new time as soon as this returns. */
    follow(): ClockStep | undefined;
    /** The store could not follow: the clock goes back to where it was, and `follow` will say it again. */
    undo(step: ClockStep): void;
}

/**
 * A Pi has no clock of its own: it starts with any time, in 1970 perhaps, and is put right when it has found the network. What it wrote
 * down until then was right by its wrong clock, and must neither end at once nor stay for years. One rule: whatever the clock has shown
 * since the start moves with the next step.
 * @param uptimeMs goes on at a second a second, whatever the clock is set to, also while the machine sleeps
 */
export function createSteadyClock(wallMs: () => number, uptimeMs: () => number): SteadyClock {
    /** what was shown last; there is no need to ask for the uptime while the next is not far from it */
    let shownMs = wallMs();
    let offsetMs = shownMs - uptimeMs();
    /** what was shown since the start; of an unset clock also what it showed in an earlier life */
    let [lowMs, highMs] = shownMs < UNSET_MS ? [0, UNSET_MS - 1] : [shownMs, shownMs];

    const isStep = (byMs: number) => Math.abs(byMs) >= STEP_MS;
    const show = (ms: number) => {
        lowMs = Math.min(lowMs, ms);
        highMs = Math.max(highMs, ms);
        return ms;
    };
    return {
        nowMs() {
            const wall = wallMs();
            if (isStep(wall - shownMs)) {
                const steady = uptimeMs() + offsetMs;
                if (isStep(wall - steady)) return show(Math.floor(steady));
            }
            return show((shownMs = wall));
        },
        resume(lastMs) {
            if (wallMs() - lastMs <= MAX_AWAY_MS) return;
            offsetMs = lastMs - uptimeMs();
            shownMs = -Infinity;
            [lowMs, highMs] = [0, lastMs + MAX_AWAY_MS]; // it may have run on for a while
        },
        follow() {
            const wall = wallMs();
            const nowMs = uptimeMs() + offsetMs;
            const byMs = Math.round(wall - nowMs);
            offsetMs += byMs;
            shownMs = wall;
            if (!isStep(byMs)) return undefined;
            show(Math.ceil(nowMs));
            const step = { fromMs: lowMs, untilMs: highMs, byMs };
            [lowMs, highMs] = [lowMs + byMs, highMs + byMs];
            return step;
        },
        undo({ byMs }) {
            offsetMs -= byMs;
            [lowMs, highMs] = [lowMs - byMs, highMs - byMs];
            shownMs = -Infinity;
        },
    };
}
