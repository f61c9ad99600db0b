import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { GroupCommit } from "../../../gateway/delivery/group-commit.ts";

/** Messages that go on, as they do. */
function scene() {
    const group = new GroupCommit();
    const gone: string[] = [];
    const enter = (...names: string[]) => {
        const waits = names.map(async (name) => {
            await group.enter();
            gone.push(name);
        });
        return Promise.all(waits);
    };
    const answer = (messages: number) => {
        for (let at = 0; at < messages; at++) group.leave();
    };
    return { enter, answer, gone };
}

test("one that is alone waits for nobody", async () => {
    const { enter, answer, gone } = scene();
    for (const name of ["first", "second", "third"]) {
        await enter(name);
        answer(1);
        await turn();
    }
    assert.deepEqual(gone, ["first", "second", "third"]);
});

test("those of one turn go on at once, together", async () => {
    const { enter, gone } = scene();
    const thousand = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
    await enter(...thousand);
    assert.deepEqual(gone, thousand);
});

test("what comes during a commit waits for as many as that answers, in the order of arrival", async () => {
    const { enter, answer, gone } = scene();
    await enter("a", "b");
    await turn();
    const early = enter("c");
    answer(2);
    const next = enter("a again");
    assert.deepEqual(gone, ["a", "b"]);
    await Promise.all([early, next, enter("b again")]);
    assert.deepEqual(gone, ["a", "b", "c", "a again", "b again"]);
});

test("nobody comes: it goes on by itself", async () => {
    const { enter, answer, gone } = scene();
    await enter("a", "b");
    await turn();
    const waits = enter("c");
    answer(2);
    await waits;
    assert.deepEqual(gone, ["a", "b", "c"]);
});

test("behind one that was alone nobody waits longer", async () => {
    const { enter, answer, gone } = scene();
    await enter("a");
    await turn();
    const waits = enter("b");
    answer(1);
    await waits;
    assert.deepEqual(gone, ["a", "b"]);
});

test("a thousand are enough while the store is busy: it decides how many may wait", async () => {
    const { enter, gone } = scene();
    await enter("a");
    await turn();
    await enter(...Array.from({ length: 1_000 }, (_, index) => `${index}`));
    assert.equal(gone.length, 1_001);
});
