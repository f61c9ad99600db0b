import { notLogged, type Log } from "../log.ts";
import type { Timers } from "../system/timers.ts";
import { Buckets } from "./buckets.ts";

/** Lines of one kind and client that may come at once, and then in a second. */
export const BURST = 100;
export const LINES_PER_S = 1;

/**
 * What tells one kind of line from another, beside its sentence: who caused it, and how it ended. There are few values of each, and all
 * strangers, who have neither a route nor a token, are one.
 */
const KIND = ["route", "tokenId", "status", "code"] as const;

type Level = keyof Log;

/** A log in which repeats are counted instead of written: what somebody causes as often as they like does not fill the disk. */
export interface CalmLog extends Log {
    /** Writes how many lines of each kind were left out since its last one. To be called now and then, and at the end. */
    flush(): void;
}

/** @param log where the lines go; a line's `leftOut` is how many of its kind before it were not written */
export function createCalmLog(log: Log, timers: Pick<Timers, "nowMs">): CalmLog {
    const lines = new Buckets({ burst: BURST, perSecond: LINES_PER_S }, timers);
    const leftOut = new Map<string, { level: Level; named: Record<string, unknown>; message: string; count: number }>();

    const write = (level: Level): Log[Level] => {
        if (log[level] === notLogged) return notLogged;
        return (fields, message) => {
            const kind = [message, ...KIND.map((name) => fields[name])].join("\n");
            const before = leftOut.get(kind);
            if (!lines.take(kind)) {
                if (before !== undefined) return void before.count++;
                const named = Object.fromEntries(KIND.map((name) => [name, fields[name]]));
                return void leftOut.set(kind, { level, named, message, count: 1 });
            }
            leftOut.delete(kind);
            log[level](before === undefined ? fields : { ...fields, leftOut: before.count }, message);
        };
    };
    return {
        info: write("info"),
        warn: write("warn"),
        error: write("error"),
        flush() {
            for (const { level, named, message, count } of leftOut.values()) {
                log[level]({ ...named, leftOut: count }, message);
            }
            leftOut.clear();
            lines.sweep();
        },
    };
}
