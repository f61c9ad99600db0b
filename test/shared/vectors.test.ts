import assert from "node:assert/strict";
import { test } from "node:test";
import { playVector } from "../runtimes/vector-player.ts";
import { readVectors } from "../support/vectors.ts";

// The vectors of test/vectors on Node, from the sources. test/runtimes plays the same ones on every other runtime.
for (const [what, vectors] of Object.entries(readVectors())) {
    for (const { name, ask, answers } of vectors) {
        test(`${what}: ${name}`, () => {
            const answered: string[] = [];
            playVector(ask, (answer) => answered.push(answer));
            assert.deepEqual(answered, answers);
        });
    }
}
