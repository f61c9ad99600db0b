import type { Log } from "../log.ts";
import type { Timers } from "./timers.ts";

/** Lines of one message that may come at once, and then in a second. */
export const BURST = 100;
export const LINES_PER_S = 1;
/** Messages told apart at most. They are the gateway's own sentences, so there are few. */
const MAX_MESSAGES = 50;

type Level = keyof Log;

interface Bucket {
    level: Level;
    left: number;
    atMs: number;
    leftOut: number;
}

/** A log for what strangers cause, as often as they like: the same sentence over and over is counted instead of written. */
export interface CalmLog extends Log {
    /** Writes how many lines were left out since the last one of each message. To be called now and then, and at the end. */
    flush(): void;
}

/** @param log what the lines go to; the next line of a message says in `leftOut` how many before it were not written */
export function createCalmLog(log: Log, timers: Pick<Timers, "nowMs">): CalmLog {
    const buckets = new Map<string, Bucket>();

    const write = (level: Level) => (fields: Record<string, unknown>, message: string) => {
        const nowMs = timers.nowMs();
        let bucket = buckets.get(message);
        if (bucket === undefined) {
            if (buckets.size >= MAX_MESSAGES) return log[level](fields, message);
            buckets.set(message, (bucket = { level, left: BURST, atMs: nowMs, leftOut: 0 }));
        }
        bucket.left = Math.min(BURST, bucket.left + ((nowMs - bucket.atMs) / 1000) * LINES_PER_S);
        bucket.atMs = nowMs;
        if (bucket.left < 1) return void bucket.leftOut++;
        bucket.left--;
        const { leftOut } = bucket;
        bucket.leftOut = 0;
        log[level](leftOut === 0 ? fields : { ...fields, leftOut }, message);
    };
    return {
        info: write("info"),
        warn: write("warn"),
        error: write("error"),
        flush() {
            for (const [message, bucket] of buckets) {
                if (bucket.leftOut > 0) log[bucket.level]({ leftOut: bucket.leftOut }, message);
                bucket.leftOut = 0;
            }
        },
    };
}
