import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expandOverlay } from "../../emulator/espruino/gate/overlay.ts";
import { buildEspruino, ROOT } from "../../bundler/build.ts";
import { compileLua } from "../../bundler/lua/bundle.ts";
import { privateWords } from "../../bundler/private-words.ts";

/** Said to a person too, when the gateway hung up: that one stays a text. */
const TEXTS = ["closed"];

const words = privateWords(ROOT);

/** Which of the words a program says as texts. One that is a number where it is looked at, and a text where it is said, is never heard. */
function left(program: string): string[] {
    const texts = program.replace(/^\s*--.*$/gm, "").match(/"\w+"/g) ?? []; // Lua's comments are still in it
    return [...new Set(texts.map((text) => text.slice(1, -1)))].filter((text) => words.has(text));
}

test("private words: each is another number, and none is nothing", () => {
    assert.ok(words.has("linkUp") && words.has("dial") && words.size > 15);
    assert.deepEqual(
        [...words.values()],
        [...words.keys()].map((_, index) => index + 1),
    );
});

test("private words: none is left in the Espruino bundle", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "toque-words-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const bundle = expandOverlay(readFileSync(await buildEspruino(join(folder, "toque.js")), "latin1"));
    assert.deepEqual(left(bundle), TEXTS);
});

test("private words: none is left in the NodeMCU bundle", () => {
    const { files, problems } = compileLua(join(ROOT, "device/nodemcu/tsconfig.json"), words);
    assert.deepEqual(problems, []);
    assert.deepEqual(left([...files.values()].join("\n")), TEXTS);
});
