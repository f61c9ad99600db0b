import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { createSteadyClock } from "../../../gateway/system/steady-clock.ts";
import { EXPIRE_EVERY_MS, TIDY_EVERY_MS } from "../../../gateway/delivery/sweeps.ts";
import { runGateway, type RunningGateway } from "../../support/gateway.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { START_MS } from "../../support/records.ts";
import { eventually } from "../../support/eventually.ts";

const DAY_MS = 86_400_000;
const NUMBER = "+34600111222";

interface Scene {
    running: RunningGateway;
    timers: HandTimers;
    /** Ends the gateway, and starts it as after a boot. */
    restart: (this: void) => Promise<RunningGateway>;
    /** Lets time pass, and the sweeps that are due meanwhile end. */
    pass: (this: void, ms: number) => Promise<void>;
}

/** A gateway whose machine starts with this time of day. */
async function withClock(wallMs: number, play: (scene: Scene) => Promise<void>): Promise<void> {
    const timers = new HandTimers(wallMs);
    const start = () => createSteadyClock(timers.clock.nowMs, () => timers.nowMs());
    let running = await runGateway({}, { clock: start(), timers });
    try {
        await play({
            get running() {
                return running;
            },
            timers,
            async restart() {
                await running.gateway.close();
                running = await runGateway({ data: running.config.data }, { clock: start(), timers });
                return running;
            },
            async pass(ms) {
                for (let leftMs = ms; leftMs > 0; leftMs -= TIDY_EVERY_MS) {
                    timers.turn(Math.min(leftMs, TIDY_EVERY_MS));
                    await sleep(40); // the store's answer comes from its thread
                }
            },
        });
    } finally {
        await running.stop();
    }
}

const stateOf = async (running: RunningGateway, id: string) =>
    (await running.ask<{ state: string }>("GET", `/v1/messages/${id}`)).body.state;
const post = async (running: RunningGateway, ttlS: number) =>
    (await running.ask<{ id: string }>("POST", "/v1/messages", { body: { to: NUMBER, body: "x", ttlS } })).body.id;

const STARTS: [name: string, startMs: number, setMs: number][] = [
    ["in 1970 and is set to 2026", 30_000, START_MS],
    ["three days late and is put right", START_MS - 3 * DAY_MS, START_MS],
    ["ten years ahead and is put back", START_MS + 3_650 * DAY_MS, START_MS],
];
for (const [name, startMs, setMs] of STARTS) {
    test(`clock: a gateway that starts ${name} keeps registrations, and messages for their time`, async () => {
        await withClock(startMs, async ({ running, timers, pass }) => {
            await running.register(NUMBER);
            const [short, long] = [await post(running, 600), await post(running, DAY_MS / 1000)];
            await pass(20_000);
            timers.wallMs = setMs - timers.nowMs();
            await pass(2 * EXPIRE_EVERY_MS);
            assert.deepEqual([await stateOf(running, short), await stateOf(running, long)], ["accepted", "accepted"]);
            await pass(600_000);
            await eventually("the short one expires", async () => (await stateOf(running, short)) === "expired");
            assert.equal(await stateOf(running, long), "accepted");
            await pass(2 * TIDY_EVERY_MS);
            const { body } = await running.ask<{ stale: boolean; created: string }>("GET", `/v1/numbers/${NUMBER}`);
            assert.equal(body.stale, false);
            assert.ok(Math.abs(Date.parse(body.created) - setMs) < 60_000, body.created);
            await pass(DAY_MS);
            await eventually("the long one expires", async () => (await stateOf(running, long)) === "expired");
        });
    });
}

test("clock: one that is set forward and back again costs no registration and no message", async () => {
    await withClock(START_MS, async ({ running, timers, pass }) => {
        await running.register(NUMBER);
        const id = await post(running, 86_400);
        for (const byMs of [3_650 * DAY_MS, -3_650 * DAY_MS, -20_000 * DAY_MS, 20_000 * DAY_MS]) {
            timers.wallMs += byMs;
            await pass(TIDY_EVERY_MS + EXPIRE_EVERY_MS);
            assert.equal(await stateOf(running, id), "accepted", `after ${byMs / DAY_MS} days`);
        }
        await pass(DAY_MS);
        await eventually("it expires", async () => (await stateOf(running, id)) === "expired");
    });
});

test("clock: a start ten years ahead, and one put right again, keep a message for its time, and a registration", async () => {
    await withClock(START_MS, async ({ running: first, timers, pass, restart }) => {
        await first.register(NUMBER);
        const id = await post(first, 3_600);
        let running = first;
        for (const [name, byMs] of [
            ["ahead", 3_650 * DAY_MS],
            ["right", -3_650 * DAY_MS],
        ] as const) {
            timers.wallMs += byMs;
            if (name === "ahead") running = await restart();
            await pass(2 * EXPIRE_EVERY_MS);
            assert.equal(await stateOf(running, id), "accepted", name);
        }
        await pass(3_600_000);
        await eventually("it expires", async () => (await stateOf(running, id)) === "expired");
        assert.equal((await running.ask("GET", `/v1/numbers/${NUMBER}`)).status, 200);
    });
});

test("clock: a step below a minute and then a big one cost no message", async () => {
    await withClock(START_MS, async ({ running, timers, pass }) => {
        await running.register(NUMBER);
        for (const byMs of [-50_000, 50_000]) {
            const first = await post(running, 86_400);
            timers.wallMs += byMs;
            const second = await post(running, 86_400);
            timers.wallMs += 3_650 * DAY_MS;
            await pass(2 * EXPIRE_EVERY_MS);
            assert.deepEqual([await stateOf(running, first), await stateOf(running, second)], ["accepted", "accepted"]);
        }
    });
});

test("clock: a code is valid for its ten minutes, whatever the clock is set to meanwhile", async () => {
    await withClock(START_MS + 3_650 * DAY_MS, async ({ running, timers, pass }) => {
        const made = await running.ask<{ expires: string }>("POST", "/v1/codes", { body: { number: NUMBER } });
        assert.equal(made.status, 201);
        timers.wallMs -= 3_650 * DAY_MS;
        await pass(EXPIRE_EVERY_MS);
        const early = await running.ask("POST", "/v1/codes", { body: { number: NUMBER } });
        assert.equal(early.status, 429);
        await pass(60_000);
        assert.equal((await running.ask("POST", "/v1/codes", { body: { number: NUMBER } })).status, 201);
    });
});
