import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { withSourceLines } from "../../../gateway/system/source-lines.ts";

test("source lines: a stack names the sources' lines where a built file has a map, and stays as it is elsewhere", (t) => {
    const dir = mkdtempSync(join(tmpdir(), "toque-map-"));
    t.after(() => rmSync(dir, { recursive: true }));
    // The first column is of line 1, the fifth of line 2: "AAAA" and "IACA" of the source map format.
    const map = { version: 3, sources: ["../gateway/a.ts"], names: [], mappings: "AAAA,IACA" };
    writeFileSync(join(dir, "a.mjs.map"), JSON.stringify(map));
    const url = pathToFileURL(join(dir, "a.mjs")).href;
    const stack = `Error: no\n    at f (${url}:1:6)\n    at ${url}:1:1\n    at g (${url.replace("a.mjs", "b.mjs")}:1:1)\n    at node:fs:1:1`;
    const lines = withSourceLines(stack).split("\n");
    assert.match(lines[1]!, /^ {4}at f \(.*gateway\/a\.ts:2:1\)$/);
    assert.match(lines[2]!, /^ {4}at .*gateway\/a\.ts:1:1$/);
    assert.deepEqual([lines[0], ...lines.slice(3)], [stack.split("\n")[0], ...stack.split("\n").slice(3)]);
});
