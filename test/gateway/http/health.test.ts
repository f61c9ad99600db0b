import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../gateway/error.ts";
import { createHealth, HEALTH_HOLDS_MS } from "../../../gateway/http/health.ts";

const MIB = 1_048_576;

function healthOf(state: { nowMs: number; freeOctets: number | undefined; writes: number; fails?: Error }) {
    return createHealth({
        clock: { nowMs: () => state.nowMs },
        room: { check() {}, measure: () => Promise.reject(new Error("not asked here")) },
        store: {
            settings: {
                set: async () => {
                    state.writes++;
                    if (state.fails !== undefined) throw state.fails;
                },
            },
            upkeep: { size: async () => ({ octets: 4096, freeOctets: state.freeOctets }) },
        } as unknown as Parameters<typeof createHealth>[0]["store"],
    });
}

test("health: asked often, it writes once in ten seconds and reuses the result meanwhile", async () => {
    const state: Parameters<typeof healthOf>[0] = { nowMs: 1e12, freeOctets: 100 * MIB, writes: 0 };
    const health = healthOf(state);
    for (let i = 0; i < 50; i++) await health.check();
    assert.equal(state.writes, 1);
    state.fails = new GatewayError("unavailable", "The disk is full.");
    state.nowMs += HEALTH_HOLDS_MS;
    for (let i = 0; i < 50; i++) await assert.rejects(health.check(), { code: "unavailable" });
    assert.equal(state.writes, 2);
    state.fails = undefined;
    state.nowMs += HEALTH_HOLDS_MS;
    await health.check();
});

test("health: a disk without room for the next messages is unhealthy although this small write succeeds; with room it is healthy again", async () => {
    const state: Parameters<typeof healthOf>[0] = { nowMs: 1e12, freeOctets: MIB - 1, writes: 0 };
    const health = healthOf(state);
    await assert.rejects(health.check(), { code: "unavailable", message: /disk is full: free some space/ });
    state.freeOctets = MIB;
    await assert.rejects(health.check(), { code: "unavailable" }, "the result is reused for a while");
    state.nowMs += HEALTH_HOLDS_MS;
    await health.check();
    state.freeOctets = undefined;
    state.nowMs += HEALTH_HOLDS_MS;
    await health.check();
});
