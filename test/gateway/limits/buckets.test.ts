import assert from "node:assert/strict";
import { test } from "node:test";
import { Buckets } from "../../../gateway/limits/buckets.ts";
import { HandTimers } from "../../support/hand-timers.ts";

function openScene() {
    const timers = new HandTimers();
    const buckets = new Buckets({ burst: 3, perSecond: 2 }, timers);
    return { timers, buckets, take: (times: number) => Array.from({ length: times }, () => buckets.take("a")) };
}

test("buckets: the burst at once, then so many a second, for each key apart, and never more than the burst", () => {
    const { timers, buckets, take } = openScene();
    assert.deepEqual(take(4), [true, true, true, false]);
    assert.equal(buckets.take("b"), true);
    timers.turn(250);
    assert.deepEqual([buckets.take("a"), buckets.waitMs("a")], [false, 250]);
    timers.turn(250);
    assert.deepEqual(take(2), [true, false]);
    timers.turn(60_000);
    assert.deepEqual([buckets.left("a"), buckets.waitMs("a")], [3, 0]);
    assert.deepEqual(take(4), [true, true, true, false]);
});

test("buckets: a debt is paid off at the rate; what is given back fills the bucket and no more", () => {
    const { timers, buckets, take } = openScene();
    buckets.spend("a", 5);
    assert.deepEqual([buckets.left("a"), buckets.waitMs("a")], [-2, 1_500]);
    timers.turn(1_500);
    assert.deepEqual(take(2), [true, false]);
    buckets.spend("a", -7);
    assert.deepEqual([buckets.left("a"), buckets.owes("a")], [3, false]);
});

test("buckets: a full bucket takes no memory, and a flood of keys a bounded one", () => {
    const { timers, buckets } = openScene();
    for (let key = 0; key < 60_000; key++) buckets.take(`${key}`);
    assert.equal(buckets.size, 50_000);
    assert.deepEqual([buckets.owes("9999"), buckets.owes("10000")], [false, true], "the oldest are forgotten");
    timers.turn(500);
    buckets.sweep();
    assert.equal(buckets.size, 0);
});
