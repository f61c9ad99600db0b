import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageState } from "../../gateway/message.ts";
import { append, START_MS, idOf, messageOf, routeOf } from "../support/records.ts";
import { ids, type Scene } from "./store-scene.ts";

const ROUTE = routeOf(1);

export function testSettle(scene: Scene): void {
    test("settle: notes that a message was sent, too, if that is not noted", async () => {
        await scene.waiting("m");
        assert.equal(
            await scene.store.backlog.settle(ROUTE, 1, "delivered", START_MS + 5, undefined, START_MS + 2),
            true,
        );
        assert.deepEqual((await scene.store.receipts.find(idOf("m")))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 2 },
            { state: "delivered", atMs: START_MS + 5 },
        ]);
    });

    test("markSent and settle, called together: both are answered, and both are in the history", async () => {
        const store = await scene.waiting("m", "n");
        const [, , delivered, failed, again, unknown] = await Promise.all([
            store.backlog.markSent(ROUTE, 1, START_MS + 1),
            store.backlog.markSent(ROUTE, 2, START_MS + 2),
            store.backlog.settle(ROUTE, 1, "delivered", START_MS + 3),
            store.backlog.settle(ROUTE, 2, "failed", START_MS + 4, "handler"),
            store.backlog.settle(ROUTE, 2, "delivered", START_MS + 5),
            store.backlog.settle(ROUTE, 9, "delivered", START_MS + 5),
        ]);
        assert.deepEqual([delivered, failed, again, unknown], [true, true, false, false]);
        assert.deepEqual((await store.receipts.find(idOf("m")))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 1 },
            { state: "delivered", atMs: START_MS + 3 },
        ]);
        assert.deepEqual((await store.receipts.find(idOf("n")))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 2 },
            { state: "failed", atMs: START_MS + 4, why: "handler" },
        ]);
        assert.deepEqual(await store.backlog.size(ROUTE), { messages: 0, octets: 0 });
    });

    for (const state of ["delivered", "failed", "expired", "dropped"] satisfies MessageState[]) {
        test(`settle: ${state} takes a message out of the backlog, once`, async () => {
            await scene.waiting("m", "n");
            const { store } = scene;
            assert.equal(await store.backlog.settle(ROUTE, 1, state, START_MS + 1, "because"), true);
            assert.equal(await store.backlog.settle(ROUTE, 1, state, START_MS + 2), false);
            assert.equal(await store.backlog.settle(ROUTE, 9, state, START_MS + 2), false);
            assert.equal(await store.backlog.settle(routeOf(2), 2, state, START_MS + 2), false);
            const receipt = await store.receipts.find(idOf("m"));
            assert.deepEqual(receipt?.history.slice(1), [{ state, atMs: START_MS + 1, why: "because" }]);
            assert.deepEqual(await store.backlog.size(ROUTE), { messages: 1, octets: 100 });
            await store.backlog.markSent(ROUTE, 1, START_MS + 3);
            assert.equal((await store.receipts.find(idOf("m")))?.state, state, "written down too late");
        });
    }

    for (const state of ["accepted", "sent"] satisfies MessageState[]) {
        test(`settle: ${state} ends nothing and is refused`, async () => {
            await scene.waiting("m");
            await assert.rejects(scene.store.backlog.settle(ROUTE, 1, state, START_MS));
            assert.equal((await scene.store.backlog.size(ROUTE)).messages, 1);
        });
    }

    test("expire: ends what is past its time, the first due first, at most so many", async () => {
        const store = await scene.board();
        for (const ttlMs of [3_000, 1_000, 0, 2_000, 4_000]) {
            await append(store, messageOf(1, { id: `ttl ${ttlMs}`, expiresMs: START_MS + ttlMs }));
        }
        assert.equal(await store.backlog.expire(START_MS - 1, 10), 0);
        assert.equal(await store.backlog.expire(START_MS + 3_000, 2), 2);
        assert.deepEqual(ids(await store.backlog.list(ROUTE, 0, 10)), ["ttl 3000", "ttl 2000", "ttl 4000"]);
        assert.equal(await store.backlog.expire(START_MS + 3_000, 10), 2);
        assert.deepEqual(ids(await store.backlog.list(ROUTE, 0, 10)), ["ttl 4000"]);
        assert.equal((await store.receipts.find(idOf("ttl 0")))?.state, "expired");
    });

    test("expire: a message that was just written may still be acknowledged", async () => {
        const store = await scene.board();
        for (const id of ["a", "b"]) await append(store, messageOf(1, { id, expiresMs: START_MS }));
        await store.backlog.markSent(ROUTE, 1, START_MS);
        await store.backlog.markSent(ROUTE, 2, START_MS);
        assert.equal(await store.backlog.expire(START_MS + 20_000, 10), 0);
        assert.equal(await store.backlog.settle(ROUTE, 1, "delivered", START_MS + 20_000), true);
        assert.equal(await store.backlog.expire(START_MS + 60_000, 10), 1);
        assert.equal((await store.receipts.find(idOf("b")))?.state, "expired");
        assert.deepEqual(await store.backlog.size(ROUTE), { messages: 0, octets: 0 });
    });
}
