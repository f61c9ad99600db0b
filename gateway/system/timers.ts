/** A monotonic clock and what to do later: an argument, so that tests turn it by hand. */
export interface Timers {
    /** milliseconds since any moment; never goes back */
    nowMs(): number;
    /** Calls once, later. @returns what forgets it */
    after(ms: number, call: () => void): () => void;
    /** Calls again and again. @returns what ends it */
    every(ms: number, call: () => void): () => void;
}

/** The machine's own. */
export const SYSTEM_TIMERS: Timers = {
    nowMs: () => performance.now(),
    after(ms, call) {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
    },
    every(ms, call) {
        const timer = setInterval(call, ms);
        return () => clearInterval(timer);
    },
};
