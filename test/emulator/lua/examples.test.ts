/** The examples in Lua, from the very file that one flashes: what test/emulator/examples.ts asks of those in JavaScript, too. */
import { readFileSync, readdirSync } from "node:fs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "../../../bundler/lua/limits.ts";
import { EXAMPLES } from "../examples.ts";
import { BOARDS } from "./bench.ts";

const FOLDER = fileURLToPath(new URL("../../../device/examples/", import.meta.url));
const NAMES = readdirSync(FOLDER).filter((file) => file.endsWith(".lua"));

for (const name of NAMES) {
    test(`${name}: the firmware's Lua 5.1 can hold its locals, and any console can take its octets`, () => {
        const source = readFileSync(FOLDER + name, "latin1");
        assert.ok(maxActiveLocals(source) <= MAX_ACTIVE_LOCALS);
        assert.match(source, /^[\n -~]*$/);
    });
}

/** The Luas differ on one firmware as on the other. */
const ON = BOARDS.filter(({ kind, interpreter }) => kind === "esp8266" || interpreter === "fengari");

describe("examples in Lua", { concurrency: 2 }, () => {
    for (const { interpreter, kind, skip } of ON) {
        for (const [name, play] of Object.entries(EXAMPLES)) {
            test(`${kind} on ${interpreter}: ${name}.lua`, { skip, timeout: 240_000 }, () =>
                play({ runtime: "lua", interpreter, kind, app: `${FOLDER}${name}.lua` }),
            );
        }
    }
});
