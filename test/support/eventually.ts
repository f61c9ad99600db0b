import { setTimeout as pause } from "node:timers/promises";

export { pause };

/**
 * Resolves as soon as `is` holds, looking every few milliseconds.
 * @param what is expected, for the error after `withinMs`: longer than anything takes on a busy machine
 */
export async function eventually(
    what: string | (() => string),
    is: () => boolean | Promise<boolean>,
    withinMs = 30_000,
): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (!(await is())) {
        if (performance.now() > untilMs) {
            throw new Error(`not within ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
        }
        await pause(5);
    }
}
