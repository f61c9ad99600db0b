import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkProgram } from "../../emulator/espruino/gate/gate.ts";
import { withGenuine } from "../e2e/genuine.ts";
import { EXAMPLES } from "./examples.ts";

// From the very file that one flashes, on the stand-in and on the genuine interpreters.

const FOLDER = fileURLToPath(new URL("../../device/examples/", import.meta.url));

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".js"))) {
    test(`${name}: Espruino can run it`, () => {
        assert.deepEqual(checkProgram(readFileSync(FOLDER + name, "latin1"), { asciiOnly: true }), []);
    });
}

describe("examples in JavaScript", { concurrency: 2 }, () => {
    for (const { name: board, runtime, options } of withGenuine("espruino-sim")) {
        for (const [name, play] of Object.entries(EXAMPLES)) {
            test(`${board}: ${name}.js`, { timeout: 240_000 }, () =>
                play({ runtime, ...options, app: `${FOLDER}${name}.js` }),
            );
        }
    }
});
