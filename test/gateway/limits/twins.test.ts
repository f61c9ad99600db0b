import assert from "node:assert/strict";
import { test } from "node:test";
import { Twins, TURNS_SPAN_MS } from "../../../gateway/limits/twins.ts";
import { HandTimers } from "../../support/hand-timers.ts";

test("twins: the third turn within an hour of the one before is reported, once, and the report ends an hour after the last", () => {
    const timers = new HandTimers();
    const twins = new Twins(timers);
    assert.equal(twins.turn("route", "a", "b"), undefined);
    timers.turn(TURNS_SPAN_MS);
    assert.equal(twins.turn("route", "b", "a"), undefined, "a board that was replaced, and another day again");
    assert.equal(twins.turn("route", "a", "b"), undefined);
    assert.equal(twins.of("route"), undefined);
    assert.deepEqual(twins.turn("route", "b", "a"), ["a", "b"]);
    assert.equal(twins.turn("route", "a", "b"), undefined, "reported already");
    timers.turn(TURNS_SPAN_MS - 1);
    assert.deepEqual(twins.of("route"), ["b", "a"]);
    timers.turn(1);
    assert.equal(twins.of("route"), undefined);
});
