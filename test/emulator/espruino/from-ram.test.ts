/** A person's program in RAM that starts Toque from flash: docs/boards.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { measureFromRam } from "./measure.ts";

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable] ?? "";
    const skip = interpreter === "" ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`from RAM on ${variable}: a program there starts Toque, and gets a message`, { skip }, async () => {
        const { usedVars, printed } = await measureFromRam(interpreter);
        assert.equal(printed, "hello");
        assert.ok(usedVars <= 600, `${usedVars} variables`);
    });
}
