/** Wall clock in milliseconds, an argument everywhere: tests turn it by hand. */
export interface Clock {
    nowMs(): number;
}

/** The clock was set: stored moments from `fromMs` to `untilMs` move by `byMs`. */
export interface ClockStep {
    fromMs: number;
    untilMs: number;
    byMs: number;
}
