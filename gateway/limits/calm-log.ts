import type { Log } from "../log.ts";
import type { Timers } from "../system/timers.ts";
import { Buckets } from "./buckets.ts";

/** Lines of one message that may come at once, and then in a second. */
export const BURST = 100;
export const LINES_PER_S = 1;

type Level = keyof Log;

/** A log for what strangers cause, as often as they like: repeats of one message are counted instead of written. */
export interface CalmLog extends Log {
    /** Writes how many lines of each message were left out since its last one. To be called now and then, and at the end. */
    flush(): void;
}

/** @param log where the lines go; a line's `leftOut` is how many of its message before it were not written */
export function createCalmLog(log: Log, timers: Pick<Timers, "nowMs">): CalmLog {
    /** by message: these are the gateway's own sentences, so there are few */
    const lines = new Buckets({ burst: BURST, perSecond: LINES_PER_S }, timers);
    const leftOut = new Map<string, { level: Level; leftOut: number }>();

    const write = (level: Level) => (fields: Record<string, unknown>, message: string) => {
        const before = leftOut.get(message)?.leftOut ?? 0;
        if (!lines.take(message)) return void leftOut.set(message, { level, leftOut: before + 1 });
        leftOut.delete(message);
        log[level](before === 0 ? fields : { ...fields, leftOut: before }, message);
    };
    return {
        info: write("info"),
        warn: write("warn"),
        error: write("error"),
        flush() {
            for (const [message, { level, leftOut: count }] of leftOut) log[level]({ leftOut: count }, message);
            leftOut.clear();
        },
    };
}
