import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../../gateway/system/log.ts";
import type { Registration, Route } from "../../../gateway/registration.ts";
import { EXPIRE_EVERY_MS, TIDIES_IN_DOUBT, TIDY_EVERY_MS, startSweeps } from "../../../gateway/delivery/sweeps.ts";
import { RECEIPT_KEPT_MS } from "../../../gateway/delivery/store-room.ts";

/** Sweeps whose intervals are rung by hand, over a store that notes what it was asked. */
function setUp(expired: number[] = []) {
    const asked: string[] = [];
    const lines: string[] = [];
    const bells = new Map<number, () => void>();
    const stopped: number[] = [];
    const steps: boolean[] = [];
    let hold: Promise<void> | undefined;
    const sweeps = startSweeps({
        clock: { nowMs: () => RECEIPT_KEPT_MS + 5 },
        log: createLog("info", { write: (line: string) => void lines.push(line) }),
        timers: {
            every(ms, call) {
                bells.set(ms, call);
                return () => void stopped.push(ms);
            },
        },
        store: {
            backlog: {
                async expire(nowMs, limit) {
                    asked.push(`expire ${nowMs} ${limit}`);
                    await hold;
                    const count = expired.shift() ?? 0;
                    if (count < 0) throw new Error("the disk is full");
                    return count;
                },
            },
            upkeep: {
                async forget(beforeMs) {
                    asked.push(`forget ${beforeMs}`);
                    return 0;
                },
            },
        },
        directory: {
            async sweep() {
                asked.push("sweep");
                return [{ route: "r1" as Route } as Registration];
            },
        },
        connections: { close: (route, why) => void asked.push(`close ${route} ${why}`) },
        throttle: { sweep: () => void asked.push("throttle") },
        followClock: async () => steps.shift() ?? false,
    });
    const ring = async (ms: number) => {
        bells.get(ms)!();
        await new Promise(setImmediate);
    };
    return { sweeps, steps, asked, lines, stopped, ring, hold: (until: Promise<void>) => void (hold = until) };
}

test("sweeps: messages past their time are ended batch by batch until one was not full", async () => {
    const { asked, ring } = setUp([100, 100, 3]);
    await ring(EXPIRE_EVERY_MS);
    assert.equal(asked.length, 3);
    assert.equal(asked[0], `expire ${RECEIPT_KEPT_MS + 5} 100`);
});

test("sweeps: registrations without contact end with their connection, old receipts go, buckets are forgotten", async () => {
    const { asked, ring } = setUp();
    await ring(TIDY_EVERY_MS);
    assert.deepEqual(asked, ["sweep", "close r1 expired", "forget 5", "throttle"]);
});

test("sweeps: one that fails is logged and tried again at the next bell", async () => {
    const { asked, lines, ring } = setUp([-1, 0]);
    await ring(EXPIRE_EVERY_MS);
    await ring(EXPIRE_EVERY_MS);
    assert.equal(asked.length, 2);
    assert.equal(lines.length, 1);
});

test("sweeps: a slow one is not begun twice, and closing waits for it", async () => {
    const { sweeps, asked, ring, stopped, hold } = setUp();
    let release = () => {};
    hold(new Promise((done) => (release = done)));
    await ring(EXPIRE_EVERY_MS);
    await ring(EXPIRE_EVERY_MS);
    assert.equal(asked.length, 1);
    let closed = false;
    const closing = sweeps.close().then(() => {
        closed = true;
    });
    await new Promise(setImmediate);
    assert.equal(closed, false);
    release();
    await closing;
    assert.deepEqual(stopped, [EXPIRE_EVERY_MS, TIDY_EVERY_MS]);
});

test("sweeps: after the clock was set no registration ends for a day: a wrong time server may be put right", async () => {
    const { steps, asked, ring } = setUp();
    steps.push(true);
    await ring(EXPIRE_EVERY_MS);
    for (let i = 0; i < TIDIES_IN_DOUBT; i++) await ring(TIDY_EVERY_MS);
    assert.ok(!asked.includes("sweep"));
    await ring(TIDY_EVERY_MS);
    assert.ok(asked.includes("sweep"));
});
