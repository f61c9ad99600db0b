import { type DestinationStream, pino, stdTimeFunctions } from "pino";
import { plainJson } from "../../shared/terminal.ts";
import { maskFields, maskText } from "./mask.ts";
import { notLogged, type Log } from "../log.ts";

/** The least that is logged. */
export type LogLevel = "info" | "warn" | "error" | "silent";

/** Octets that may wait for the reader of standard error. Beyond that lines are lost, and counted: the gateway does not wait. */
const MAX_WAITING_OCTETS = 4 * 1024 * 1024;

/** Names that the line itself uses; a field of that name would appear twice. */
const TAKEN = new Set(["level", "time", "msg"]);

/**
 * A log that writes one line of JSON for each call, whatever it contains, with numbers masked and secrets left out.
 * @param destination where the lines go, by default standard error, which nobody waits for: what is not written yet when the process exits is written then
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
    const logger = pino(
        {
            level,
            base: null,
            timestamp: stdTimeFunctions.isoTime,
            formatters: { level: (label) => ({ level: label }) },
        },
        shownPlain(
            destination ??
                standardError((lost) => log.warn({ lost }, "nobody read the log for a while: lines are lost")),
        ),
    );
    const write = (kind: "info" | "warn" | "error") => {
        if (!logger.isLevelEnabled(kind)) return notLogged;
        return (fields: Record<string, unknown>, message: string) => {
            const masked = Object.entries(maskFields(fields)).map(
                ([name, value]) => [TAKEN.has(name) ? `${name}_` : name, value] as const,
            );
            logger[kind](Object.fromEntries(masked), maskText(message));
        };
    };
    const log = { info: write("info"), warn: write("warn"), error: write("error") };
    return log;
}

/** Somebody reads the log in a terminal. */
function shownPlain(destination: DestinationStream): DestinationStream {
    return { write: (line) => destination.write(plainJson(line)) };
}

/** @param onLost called with how many lines were lost, as soon as they are read again */
function standardError(onLost: (lost: number) => void): DestinationStream {
    const stream = pino.destination({ dest: 2, sync: false, maxLength: MAX_WAITING_OCTETS });
    let lost = 0;
    stream.on("drop", () => void lost++);
    stream.on("drain", () => {
        const count = lost;
        lost = 0;
        if (count > 0) onLost(count);
    });
    return stream;
}
