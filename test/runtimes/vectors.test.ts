import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { octetsOf, readVectors } from "../support/vectors.ts";
import type { Vector } from "../support/vectors.ts";
import { MACHINES } from "./interpreters.ts";
import { answersOf, programOf } from "./programs.ts";

// The vectors of test/vectors on every runtime that a bundle may meet, by the bundles' own toolchains.
const VECTORS = Object.entries(readVectors());

// two at a time: a machine that has a core or two is busy with that
describe("vectors", { concurrency: 2 }, () => {
    for (const machine of MACHINES) {
        test(`on ${machine.name}`, { skip: machine.skip }, async (t) => {
            const fitting = VECTORS.map(([what, vectors]): [string, Vector[]] => [
                what,
                vectors.filter((vector) => octetsOf(vector) <= machine.roomOctets),
            ]);
            const asked = fitting.flatMap(([, vectors]) => vectors.map(({ ask }) => ask));
            const program = await programOf("test/runtimes/vector-player.ts", machine.language, asked);
            const printed = await machine.run(program);
            const answers = answersOf(printed, asked.length);
            let index = 0;
            for (const [what, vectors] of fitting) {
                await t.test(`${what}: ${vectors.length} vectors`, () => {
                    for (const vector of vectors) {
                        const answer = answers[index++];
                        assert.ok(answer, `${vector.name}: no answer; printed last: ${printed.slice(-3).join("\n")}`);
                        assert.deepEqual(answer, vector.answers, vector.name);
                    }
                });
            }
        });
    }
});
