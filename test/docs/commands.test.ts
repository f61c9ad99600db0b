import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { forgotten, typeCommands } from "./commands.ts";
import { ROOT } from "./pages.ts";

typeCommands(false);

test("documents: each command that is not run stands in a document", () => assert.deepEqual(forgotten(), []));

test("documents: npx finds the command in the repository's folder", { timeout: 120_000 }, () => {
    const { stdout, stderr } = spawnSync("npx", ["toque", "--version"], { cwd: ROOT, encoding: "utf8" });
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr);
});
