import assert from "node:assert/strict";
import { test } from "node:test";
import { START_MS, idOf, messageOf, numberOf, registrationOf, routeOf } from "../support/records.ts";
import { append, type Scene } from "./store-scene.ts";

const ROUTE = routeOf(1);

export function testUpkeep(scene: Scene): void {
    test("forget: receipts that ended before, at most so many, and none of a message that waits", async () => {
        const store = await scene.waiting("a", "b", "c", "d");
        for (const sequence of [1, 2, 3]) await store.backlog.settle(ROUTE, sequence, "delivered", START_MS + sequence);
        assert.equal(await store.upkeep.forget(START_MS + 1, 10), 0);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 2);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 1);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 0);
        assert.equal(await store.receipts.find(idOf("a")), undefined);
        assert.equal((await store.receipts.find(idOf("d")))?.state, "accepted");
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS), false);
    });

    test("forget: what is forgotten before a restart leaves its sequence used", async () => {
        const store = await scene.waiting("a");
        await store.backlog.settle(ROUTE, 1, "delivered", START_MS);
        assert.equal(await store.upkeep.forget(START_MS + 1, 10), 1);
        await scene.reopen();
        assert.equal((await append(scene.store)).sequence, 2);
    });

    test("forget: nor does a call that failed behind it give a sequence again", async () => {
        const store = await scene.waiting("a");
        await store.backlog.settle(ROUTE, 1, "delivered", START_MS);
        assert.equal(await store.upkeep.forget(START_MS + 1, 10), 1);
        await assert.rejects(append(store, { acceptedMs: [] as never }));
        assert.equal((await append(store)).sequence, 2);
        await scene.reopen();
        assert.equal((await append(scene.store)).sequence, 3);
    });

    test("forget: a registration that ended long ago is unknown again, and its route still does not come back to life", async () => {
        const store = await scene.board();
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.equal(await store.upkeep.forget(START_MS, 100), 0);
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), true);
        assert.equal(await store.upkeep.forget(START_MS + 1, 100), 1);
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), false);
        assert.equal(await store.backlog.append(messageOf(1)), "unregistered");
    });

    test("followClock: what was accepted by the wrong clock ends by the right one; what was not stays", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1, { createdMs: 40_000 }));
        await append(store, { acceptedMs: 50_000, expiresMs: 650_000 });
        await append(store);
        await store.upkeep.followClock({ fromMs: 30_000, untilMs: 60_000, byMs: START_MS });
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.createdMs, START_MS + 40_000);
        const moments = (await store.backlog.list(routeOf(1), 0, 10)).map(({ acceptedMs, expiresMs }) => [
            acceptedMs - START_MS,
            expiresMs - START_MS,
        ]);
        assert.deepEqual(moments, [
            [50_000, 650_000],
            [0, 3_600_000],
        ]);
        assert.equal(await store.backlog.expire(START_MS + 649_999, 10), 0);
        assert.equal(await store.backlog.expire(START_MS + 650_000, 10), 1);
    });

    test("followClock: a code's ten minutes move along", async () => {
        const { store } = scene;
        const code = { number: numberOf(1), codeHash: "right", triesLeft: 5, keepBacklog: false };
        await store.codes.add({ ...code, createdMs: 50_000, expiresMs: 650_000 });
        await store.upkeep.followClock({ fromMs: 0, untilMs: 60_000, byMs: START_MS });
        assert.equal((await store.codes.list(numberOf(1), START_MS))[0]?.expiresMs, START_MS + 650_000);
    });

    test("size: octets on the disk", async () => {
        const { octets } = await scene.store.upkeep.size();
        assert.ok(octets > 0);
        for (let count = 0; count < 50; count++) await scene.store.settings.set(`key ${count}`, "x".repeat(10_000));
        assert.ok((await scene.store.upkeep.size()).octets > octets + 500_000);
    });

    test("settings: what was set last, also after a restart", async () => {
        assert.equal(await scene.store.settings.get("key"), undefined);
        await scene.store.settings.set("key", "1");
        await scene.store.settings.set("key", "2");
        await scene.reopen();
        assert.equal(await scene.store.settings.get("key"), "2");
    });
}
