import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../../gateway/http/turns.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("turns: so many begin at once, the others in later turns of the event loop, in their order, and none is forgotten", async () => {
    const turns = new Turns();
    const begun: number[] = [];
    for (let i = 0; i < 40; i++) turns.take(() => void begun.push(i));
    assert.equal(begun.length, 16);
    await turn();
    assert.equal(begun.length, 32);
    turns.take(() => void begun.push(40)); // comes behind those that wait
    await turn();
    await turn();
    assert.deepEqual(
        begun,
        Array.from({ length: 41 }, (_, i) => i),
    );
    turns.take(() => void begun.push(41));
    assert.equal(begun.length, 42, "after a quiet turn at once again");
});
