import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runTests } from "../scripts/run-tests.ts";

const GREEN = `import { test } from "node:test"; test("green", () => {});`;
const RED = `import { test } from "node:test"; test("red", () => { throw new Error("always"); });`;
const CRASH = `import { test } from "node:test"; test("green", () => {}); setImmediate(() => process.exit(3));`;
const SUITE = `import { test } from "node:test"; export function suite() { ${RED.slice(RED.indexOf("test("))} }`;
const USER = `import { suite } from "./suite.mts"; suite();`;
/** Fails the first time only: a file remembers that it ran. */
const FLAKY = `import { test } from "node:test"; import { existsSync, writeFileSync } from "node:fs";
test("flaky", () => {
    const ran = new URL("ran", import.meta.url);
    if (existsSync(ran)) return;
    writeFileSync(ran, "");
    throw new Error("the first time");
});`;

/** @returns the exit code and the lines of a run of these files */
async function play(files: Record<string, string>, run: string[]): Promise<{ code: number; lines: string[] }> {
    const folder = mkdtempSync(join(tmpdir(), "toque-runner-"));
    try {
        for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
        const lines: string[] = [];
        const paths = run.map((name) => join(folder, name));
        const code = await runTests(paths, (line) => lines.push(line.replaceAll(`${folder}/`, "")));
        return { code, lines };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const count = (lines: string[], name: string): string | undefined =>
    lines.slice(-8).find((line) => line.startsWith(`# ${name} `));

test("test command: what is green is green, and node's totals are the last lines", async () => {
    const { code, lines } = await play({ "green.mts": GREEN }, ["green.mts"]);
    assert.equal(code, 0);
    assert.deepEqual([count(lines, "pass"), count(lines, "fail")], ["# pass 1", "# fail 0"]);
    assert.match(lines.at(-1)!, /^# duration_ms /);
    assert.equal(
        lines.some((line) => /flaky:|red:|Again/.test(line)),
        false,
    );
});

test("test command: what fails once is called flaky, what fails again red; either way the first run's totals and exit code stay", async () => {
    const files = { "flaky.mts": FLAKY, "red.mts": RED, "suite.mts": SUITE, "user.mts": USER, "crash.mts": CRASH };
    const run = ["flaky.mts", "red.mts", "user.mts", "crash.mts", "green.mts"];
    const { code, lines } = await play({ ...files, "green.mts": GREEN }, run);
    assert.equal(code, 1);
    assert.deepEqual(
        lines.slice(-12, -8).map((line) => line.replace(/ \(.*/, "")),
        ["flaky: flaky.mts", "red: red.mts", "red: user.mts", "red: crash.mts"],
        lines.join("\n"),
    );
    assert.deepEqual(
        [count(lines, "tests"), count(lines, "pass"), count(lines, "fail")],
        ["# tests 6", "# pass 2", "# fail 4"],
    );
});

test("test command: no file is a mistake, not a success", async () => {
    await assert.rejects(play({}, []), /no test file/i);
});
