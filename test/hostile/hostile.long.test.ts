import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTACKS } from "./attacks.ts";
import { Verdict } from "./verdict.ts";

// A short run of each attack of `npm run hostile`, with the same promises.
for (const attack of ATTACKS) {
    test(`hostile: ${attack.name}`, { timeout: 180_000 }, async (t) => {
        const verdict = new Verdict("short");
        await attack.run("short", verdict);
        t.diagnostic(verdict.figures.join("; "));
        assert.deepEqual(verdict.failures, []);
    });
}
