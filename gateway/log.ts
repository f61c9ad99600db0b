import { type DestinationStream, pino, stdTimeFunctions } from "pino";
import type { LogLevel } from "./config.ts";
import { maskFields, maskText } from "./mask.ts";
import type { Log } from "./ports.ts";

/** Names that the line itself uses; a field of that name would appear twice. */
const TAKEN = new Set(["level", "time", "msg"]);

/**
 * A log that writes one line of JSON for each call, whatever it contains, with numbers masked and secrets left out.
 * @param destination where the lines go, by default standard error; it is written to before the call returns
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
    const logger = pino(
        {
            level,
            base: null,
            timestamp: stdTimeFunctions.isoTime,
            formatters: { level: (label) => ({ level: label }) },
        },
        destination ?? pino.destination({ dest: 2, sync: true }),
    );
    const write = (kind: "info" | "warn" | "error") => (fields: Record<string, unknown>, message: string) => {
        if (!logger.isLevelEnabled(kind)) return;
        const masked = Object.entries(maskFields(fields)).map(
            ([name, value]) => [TAKEN.has(name) ? `${name}_` : name, value] as const,
        );
        logger[kind](Object.fromEntries(masked), maskText(message));
    };
    return { info: write("info"), warn: write("warn"), error: write("error") };
}
