import assert from "node:assert/strict";
import { test } from "node:test";
import {
    COUNT_HOLDS_MS,
    createBackoffBase,
    IN_CONTACT_MS,
    MAX_BASE_S,
} from "../../../gateway/delivery/backoff-base.ts";
import { START_MS } from "../../support/records.ts";

/** A store that counts how often it was asked. */
function openScene(boards: number) {
    const scene = { boards, asked: [] as number[], failing: false, nowMs: START_MS };
    const liveSince = (sinceMs: number, most: number): Promise<number> => {
        scene.asked.push(sinceMs);
        return scene.failing ? Promise.reject(new Error("no disk")) : Promise.resolve(Math.min(scene.boards, most));
    };
    const base = createBackoffBase({ store: { contacts: { liveSince } }, clock: { nowMs: () => scene.nowMs } });
    /** What the hello tells of which the registration was stored meanwhile. */
    const ask = async () => {
        base();
        await Promise.resolve();
        return base();
    };
    return Object.assign(scene, { base, ask });
}

// Both sides of each step: 20 boards are one second's worth.
const BASES: [boards: number, baseS: number | undefined][] = [
    [0, undefined],
    [1, undefined],
    [20, undefined],
    [21, 2],
    [40, 2],
    [41, 3],
    [2_000, 100],
    [12_000, MAX_BASE_S],
    [1_000_000, MAX_BASE_S],
];
for (const [boards, baseS] of BASES) {
    test(`backoff base: ${boards} boards get ${baseS ?? "none"}`, async () => {
        assert.equal(await openScene(boards).ask(), baseS);
    });
}

test("backoff base: 1,000 hellos of one minute count once, the first of the next again; boards not seen for a day do not count", async () => {
    const scene = openScene(2_000);
    const bases = await Promise.all(Array.from({ length: 1_000 }, () => scene.ask()));
    assert.deepEqual([...new Set(bases)], [100], "also those that came while it was being counted");
    assert.deepEqual(scene.asked, [START_MS - IN_CONTACT_MS]);
    scene.boards = 10;
    scene.nowMs += COUNT_HOLDS_MS - 1;
    assert.equal(await scene.ask(), 100);
    scene.nowMs += 1;
    assert.equal(await scene.ask(), undefined);
    assert.equal(scene.asked.length, 2);
});

test("backoff base: a clock that was set back counts again; a count that fails leaves the one before", async () => {
    const scene = openScene(2_000);
    await scene.ask();
    scene.nowMs -= 3_600_000;
    scene.boards = 4_000;
    assert.equal(await scene.ask(), 200);
    scene.failing = true;
    scene.nowMs += COUNT_HOLDS_MS;
    assert.equal(await scene.ask(), 200);
});

test("backoff base: what is known is returned at once, by the last count, and counts again after a minute", async () => {
    const scene = openScene(2_000);
    assert.equal(scene.base(), undefined, "nothing is counted yet");
    assert.equal(await scene.ask(), 100);
    scene.boards = 10;
    scene.nowMs += COUNT_HOLDS_MS;
    assert.equal(scene.base(), 100);
    await Promise.resolve();
    assert.equal(scene.base(), undefined);
    assert.equal(scene.asked.length, 2);
});
