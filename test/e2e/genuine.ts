import { test } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import type { Subject } from "../runtimes/subjects.ts";
import { GENUINE_ESPRUINO } from "../runtimes/subjects.ts";

/** These runtimes, and behind them the genuine interpreters; for each that is not there, a skipped test with its name. */
export function withGenuine(...runtimes: Runtime[]): Subject[] {
    for (const { name, skip } of GENUINE_ESPRUINO) {
        if (skip !== false) test(`the same with ${name} among the boards`, { skip }, () => undefined);
    }
    const always = runtimes.map((runtime): Subject => ({ name: runtime, runtime, skip: false, options: {} }));
    return [...always, ...GENUINE_ESPRUINO.filter(({ skip }) => skip === false)];
}
