import assert from "node:assert/strict";
import { test } from "node:test";
import { createPending } from "../../../gateway/http/pending.ts";
import { OVERFLOW_BURST, OVERFLOW_PER_S, createThrottle } from "../../../gateway/limits/throttle.ts";

function setUp() {
    const clock = { ms: 1_000_000, nowMs: () => clock.ms };
    return { clock, throttle: createThrottle(clock) };
}

test("throttle: a sender that pushes nothing out never waits", () => {
    const { throttle } = setUp();
    for (let count = 0; count < 2 * OVERFLOW_BURST; count++) assert.equal(throttle.enter("a", "+1"), 0);
    throttle.settle("a", "+1", 0);
    assert.equal(throttle.size(), 0);
});

test("throttle: one whole backlog may be pushed out, then the sender waits for each token", () => {
    const { clock, throttle } = setUp();
    for (let count = 0; count < OVERFLOW_BURST; count++) {
        assert.equal(throttle.enter("a", "+1"), 0);
        throttle.settle("a", "+1", 1);
    }
    assert.equal(throttle.enter("a", "+1"), 1);
    clock.ms += 1_000 / OVERFLOW_PER_S;
    assert.equal(throttle.enter("a", "+1"), 0);
    throttle.settle("a", "+1", 1);
    assert.equal(throttle.enter("a", "+1"), 1);
});

test("throttle: a hundred at once do not all pass on one token", () => {
    const { clock, throttle } = setUp();
    throttle.settle("a", "+1", OVERFLOW_BURST);
    clock.ms += 1_000 / OVERFLOW_PER_S;
    const waits = Array.from({ length: 100 }, () => throttle.enter("a", "+1"));
    assert.deepEqual(
        waits.map((waitS) => waitS === 0),
        waits.map((_, at) => at === 0),
    );
});

test("throttle: whose messages fit again gets the token back", () => {
    const { clock, throttle } = setUp();
    throttle.settle("a", "+1", OVERFLOW_BURST);
    clock.ms += 1_000 / OVERFLOW_PER_S;
    for (let count = 0; count < 100; count++) {
        assert.equal(throttle.enter("a", "+1"), 0);
        throttle.settle("a", "+1", 0);
    }
});

test("throttle: other senders and other numbers are not held", () => {
    const { throttle } = setUp();
    throttle.settle("a", "+1", OVERFLOW_BURST);
    assert.equal(throttle.enter("b", "+1"), 0);
    assert.equal(throttle.enter("a", "+2"), 0);
});

test("throttle: a message that pushed many out does not hold its sender for longer than a token", () => {
    const { throttle } = setUp();
    throttle.settle("a", "+1", OVERFLOW_BURST * 100);
    assert.equal(throttle.enter("a", "+1"), 1);
});

test("throttle: what has filled up again is forgotten", () => {
    const { clock, throttle } = setUp();
    throttle.settle("a", "+1", 10);
    throttle.settle("a", "+2", OVERFLOW_BURST);
    clock.ms += (10 / OVERFLOW_PER_S) * 1_000;
    throttle.sweep();
    assert.equal(throttle.size(), 1);
});

test("pending: a sender with its limit on their way is told to wait, and only it", async () => {
    const pending = createPending(2);
    const ends: (() => void)[] = [];
    const work = () => new Promise<void>((end) => ends.push(end));
    const running = [pending.run("a", work), pending.run("a", work)];
    await assert.rejects(pending.run("a", work), { code: "too_many", retryAfterS: 1 });
    running.push(pending.run("b", work));
    ends.forEach((end) => end());
    await Promise.all(running);
    assert.equal(await pending.run("a", async () => "again"), "again");
    await assert.rejects(
        pending.run("a", () => Promise.reject(new Error("of the work"))),
        /of the work/,
    );
    assert.equal(await pending.run("a", async () => "still"), "still");
});
