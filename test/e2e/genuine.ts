import { test } from "node:test";
import type { Runtime } from "../emulator/device.ts";

const { ESPRUINO } = process.env;

/** The genuine interpreter, for a place among the boards of a test; when it is not there, a skipped test says so. */
export function genuine(): Runtime[] {
    if (ESPRUINO !== undefined) return ["espruino"];
    const skip = "ESPRUINO is not set: genuine Espruino interpreter";
    test("the same with a genuine Espruino among the boards", { skip }, () => undefined);
    return [];
}
