/** Resolves as soon as `is` holds, looking every few milliseconds. Rejects after `withinMs` and says what did not come. */
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
        await pause(10);
    }
}

export function pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
