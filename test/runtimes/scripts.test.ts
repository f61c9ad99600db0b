import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { MACHINES } from "./interpreters.ts";
import { answersOf, programOf } from "./programs.ts";

// The golden scripts on every runtime that a bundle may meet, by the bundles' own toolchains.
const FOLDER = new URL("../scripts/", import.meta.url);
const SCRIPTS = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".txt"))
    .map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), "utf8") }));

/** A script's lines without its answers: those are what is asked for. */
function inputsOf(text: string): string[] {
    return [
        "begin",
        ...text
            .trimEnd()
            .split("\n")
            .filter((line) => !line.startsWith("  ")),
    ];
}

// two at a time: a machine that has a core or two is busy with that
describe("golden scripts", { concurrency: 2 }, () => {
    for (const machine of MACHINES) {
        test(`on ${machine.name}`, { skip: machine.skip }, async (t) => {
            const asked = SCRIPTS.map(({ text }) => inputsOf(text));
            const program = await programOf("test/scripts/player.ts", machine.language, asked.flat());
            const printed = await machine.run(program);
            const answers = answersOf(printed, asked.flat().length);
            let from = 0;
            for (const [index, { name, text }] of SCRIPTS.entries()) {
                const mine = answers.slice(from, (from += asked[index]!.length));
                await t.test(`${name} on ${machine.name}`, () => {
                    assert.ok(!mine.includes(undefined), `no answer; printed last: ${printed.slice(-3).join("\n")}`);
                    assert.equal(`${mine.flat().join("\n")}\n`, text);
                });
            }
        });
    }
});
