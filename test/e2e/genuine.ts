import { test } from "node:test";
import type { Subject } from "../runtimes/subjects.ts";
import { GENUINE_ESPRUINO } from "../runtimes/subjects.ts";

/** The genuine interpreters, for places among the boards of a test; for each that is not there a skipped test says so. */
export function genuine(): Subject[] {
    for (const { name, skip } of GENUINE_ESPRUINO) {
        if (skip !== false) test(`the same with ${name} among the boards`, { skip }, () => undefined);
    }
    return GENUINE_ESPRUINO.filter(({ skip }) => skip === false);
}
