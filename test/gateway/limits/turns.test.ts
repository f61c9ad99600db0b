import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../../gateway/limits/turns.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const low = () => "10.0.0.1";
const high = () => "10.0.0.2";

test("turns: so many begin at once, the others in later turns of the event loop, in their order, and none is forgotten", async () => {
    const turns = new Turns(16);
    const connection = {};
    const begun: number[] = [];
    for (let i = 0; i < 40; i++) turns.take(connection, low, () => void begun.push(i));
    assert.equal(begun.length, 16);
    await turn();
    assert.equal(begun.length, 32);
    turns.take(connection, low, () => void begun.push(40)); // comes behind those that wait
    await turn();
    await turn();
    assert.deepEqual(
        begun,
        Array.from({ length: 41 }, (_, i) => i),
    );
    turns.take(connection, low, () => void begun.push(41));
    assert.equal(begun.length, 42, "after a quiet turn at once again");
});

test("turns: connections of one address take turns, so that one request is not behind hundreds of another", async () => {
    const turns = new Turns(16);
    const begun: string[] = [];
    const [one, other, third] = [{}, {}, {}];
    for (let i = 0; i < 500; i++) turns.take(one, low, () => void begun.push(`one ${i}`));
    for (let i = 0; i < 2; i++) turns.take(other, low, () => void begun.push(`other ${i}`));
    turns.take(third, low, () => void begun.push("third"));
    await turn();
    assert.deepEqual(begun.slice(16, 23), ["one 16", "other 0", "third", "one 17", "other 1", "one 18", "one 19"]);
    for (let i = 0; i < 40; i++) await turn();
    assert.equal(begun.length, 503);
});

test("turns: addresses take turns, so that a thousand connections of one do not hold another up", async () => {
    const turns = new Turns(16);
    const begun: string[] = [];
    for (let i = 0; i < 1_000; i++) turns.take({}, low, () => void begun.push("low"));
    for (let i = 0; i < 8; i++) turns.take({}, high, () => void begun.push("high"));
    await turn();
    assert.equal(begun.slice(16).filter((address) => address === "high").length, 8, "all of them in the next turn");
    for (let i = 0; i < 80; i++) await turn();
    assert.equal(begun.length, 1_008);
});
