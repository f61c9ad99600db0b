import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { State } from "../../device/board/application.d.ts";
import { stateName } from "../../device/core/states.ts";

// Read as text: a const enum has no rows to list when the core runs.
const SOURCE = readFileSync(new URL("../../device/core/states.ts", import.meta.url), "utf8");
const ROWS = [...SOURCE.matchAll(/^ {4}(\w+) += "([^"]*)",$/gm)].map(([, event, row]) => ({
    event: event!,
    row: row!,
}));
const STATES: State[] = ["offline", "waiting", "resolving", "dialing", "connecting", "subscribing", "online"];

test("the transition table has a cell for each state, and the columns are the states in their order", () => {
    assert.ok(ROWS.length > 10, "no rows were found");
    for (const { event, row } of ROWS) assert.match(row, /^[-0-6]{7}$/, event);
    assert.deepEqual(
        STATES.map((_, state) => stateName(state)),
        STATES,
    );
    const heading = /^ {4}\/\/ +(offline, .*)$/m.exec(SOURCE)?.[1];
    assert.equal(heading, STATES.join(", "));
});

test("each state is reached from another, and left by a lost link", () => {
    for (const [state, name] of STATES.entries()) {
        const enters = ROWS.some(({ row }) => [...row].some((cell, from) => from !== state && cell === String(state)));
        assert.ok(enters, `nothing leads to ${name}`);
    }
    assert.equal(ROWS.find(({ event }) => event === "linkDown")?.row, "-000000");
});
