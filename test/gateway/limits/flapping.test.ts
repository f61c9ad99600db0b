import assert from "node:assert/strict";
import { test } from "node:test";
import { CONNECTION_LIMITS } from "../../../gateway/limits/connection-limits.ts";
import { Flapping } from "../../../gateway/limits/flapping.ts";
import { HandTimers } from "../../support/hand-timers.ts";

test("flapping: 15 short connections, and the route is refused for 5 minutes; then it has its 15 again", () => {
    const timers = new HandTimers();
    const flapping = new Flapping(CONNECTION_LIMITS, timers);
    for (const round of [1, 2]) {
        for (let count = 1; count <= 15; count++) {
            assert.equal(flapping.pauseMs("short"), 0, `round ${round}`);
            assert.equal(flapping.ended("short", 1_000), count === 15);
        }
        assert.equal(flapping.ended("short", 1_000), false, "one that was open when the pause began");
        assert.deepEqual(flapping.list(), [{ key: "short", pauseMs: 300_000 }]);
        timers.turn(299_999);
        assert.equal(flapping.pauseMs("short"), 1);
        timers.turn(1);
        assert.deepEqual(flapping.list(), []);
    }
});

test("flapping: long connections do not count, nor do 10 short ones a minute", () => {
    const timers = new HandTimers();
    const flapping = new Flapping(CONNECTION_LIMITS, timers);
    for (let count = 0; count < 100; count++) {
        timers.turn(6_000);
        assert.equal(flapping.ended("long", 5_000), false);
        assert.equal(flapping.ended("seldom", 4_999), false);
    }
});
