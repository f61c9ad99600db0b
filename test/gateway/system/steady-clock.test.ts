import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_AWAY_MS, STEP_MS, UNSET_MS, createSteadyClock } from "../../../gateway/system/steady-clock.ts";
import { START_MS } from "../../support/records.ts";

const YEAR_MS = 365 * 86_400_000;

/** A machine that has been on for a while, and whose wall clock can be set. */
function setUp(wallMs = START_MS) {
    const machine = { wallMs, upMs: 100_000 };
    const clock = createSteadyClock(
        () => machine.wallMs,
        () => machine.upMs,
    );
    const pass = (ms: number) => {
        machine.wallMs += ms;
        machine.upMs += ms;
    };
    return { machine, clock, pass };
}

test("steady clock: it goes with the wall clock, over a night's sleep and small corrections, too", () => {
    const { machine, clock, pass } = setUp();
    pass(5);
    assert.equal(clock.nowMs(), START_MS + 5);
    pass(8 * 3_600_000);
    assert.equal(clock.nowMs(), machine.wallMs);
    machine.wallMs -= STEP_MS - 1;
    assert.equal(clock.nowMs(), machine.wallMs);
    assert.equal(clock.follow(), undefined);
    machine.wallMs -= STEP_MS - 1;
    assert.equal(clock.nowMs(), machine.wallMs);
    assert.equal(clock.follow(), undefined);
});

for (const byMs of [10 * YEAR_MS, -YEAR_MS / 2, 2 * STEP_MS, -2 * STEP_MS]) {
    test(`steady clock: set by ${byMs} ms it goes on as before until it follows`, () => {
        const { machine, clock, pass } = setUp();
        pass(1_000);
        machine.wallMs += byMs;
        pass(500);
        assert.equal(clock.nowMs(), START_MS + 1_500);
        assert.deepEqual(clock.follow(), { fromMs: START_MS, untilMs: START_MS + 1_500, byMs });
        assert.equal(clock.nowMs(), machine.wallMs);
        assert.equal(clock.follow(), undefined);
        machine.wallMs -= byMs;
        pass(10);
        assert.deepEqual(clock.follow(), { fromMs: START_MS + byMs, untilMs: START_MS + byMs + 1_510, byMs: -byMs });
        assert.equal(clock.nowMs(), START_MS + 1_510);
    });
}

for (const byMs of [STEP_MS - 1, 1 - STEP_MS]) {
    test(`steady clock: set by ${byMs} ms, and then by years, all that it has shown moves`, () => {
        const { machine, clock, pass } = setUp();
        pass(100_000);
        const before = clock.nowMs();
        machine.wallMs += byMs;
        assert.equal(clock.follow(), undefined);
        const after = clock.nowMs();
        machine.wallMs += YEAR_MS;
        const { fromMs, untilMs } = clock.follow()!;
        for (const shown of [START_MS, before, after]) assert.ok(fromMs <= shown && shown <= untilMs);
        machine.wallMs -= YEAR_MS;
        assert.deepEqual(clock.follow(), { fromMs: fromMs + YEAR_MS, untilMs: untilMs + YEAR_MS, byMs: -YEAR_MS });
    });
}

test("steady clock: a start within 28 days goes by the wall clock; a later one goes on from when it ran last until it follows", () => {
    for (const awayMs of [-YEAR_MS, 0, MAX_AWAY_MS]) {
        const { clock } = setUp();
        clock.resume(START_MS - awayMs);
        assert.equal(clock.nowMs(), START_MS);
        assert.equal(clock.follow(), undefined);
    }
    const { machine, clock, pass } = setUp(START_MS + YEAR_MS);
    clock.resume(START_MS);
    pass(10);
    assert.equal(clock.nowMs(), START_MS + 10);
    assert.deepEqual(clock.follow(), { fromMs: 0, untilMs: START_MS + MAX_AWAY_MS, byMs: YEAR_MS });
    assert.equal(clock.nowMs(), machine.wallMs);
});

test("steady clock: what an unset clock showed moves, of earlier lives, too", () => {
    const { machine, clock, pass } = setUp(30_000);
    pass(1_000);
    machine.wallMs = START_MS;
    assert.deepEqual(clock.follow(), { fromMs: 0, untilMs: UNSET_MS - 1, byMs: START_MS - 31_000 });
});

test("steady clock: a step that could not be followed is reported again", () => {
    const { machine, clock, pass } = setUp();
    machine.wallMs += YEAR_MS;
    clock.undo(clock.follow()!);
    pass(20);
    assert.equal(clock.nowMs(), START_MS + 20);
    assert.equal(clock.follow()?.byMs, YEAR_MS);
});
