import assert from "node:assert/strict";
import { test } from "node:test";
import { START_MS, idOf, numberOf, routeOf } from "../support/records.ts";
import type { Scene } from "./store-scene.ts";

const ROUTE = routeOf(1);

export function testReceipts(scene: Scene): void {
    test("receipt: the whole history of a message, also after a restart", async () => {
        const store = await scene.waiting("m");
        await store.backlog.markSent(ROUTE, 1, START_MS + 1);
        await store.backlog.markSent(ROUTE, 1, START_MS + 2);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 3), false, "not delivered yet");
        assert.equal(await store.backlog.settle(ROUTE, 1, "delivered", START_MS + 4), true);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 5), true);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 6), false, "read already");
        await scene.reopen();
        assert.deepEqual(await scene.store.receipts.find(idOf("m")), {
            id: idOf("m"),
            route: ROUTE,
            to: numberOf(1),
            sequence: 1,
            state: "read",
            history: [
                { state: "accepted", atMs: START_MS },
                { state: "sent", atMs: START_MS + 1 },
                { state: "sent", atMs: START_MS + 2 },
                { state: "delivered", atMs: START_MS + 4 },
                { state: "read", atMs: START_MS + 5 },
            ],
        });
        assert.equal(await scene.store.receipts.find("n"), undefined);
        const rangeOf = (index: number) => ({ from: numberOf(index), below: `${numberOf(index)}0` });
        assert.equal((await scene.store.receipts.find(idOf("m"), rangeOf(1)))?.id, idOf("m"));
        for (const other of [0, 2]) assert.equal(await scene.store.receipts.find(idOf("m"), rangeOf(other)), undefined);
        assert.equal(await scene.store.receipts.find(idOf("m"), { from: "+", below: numberOf(1) }), undefined);
    });

    test("receipt: a message that is written a thousand times keeps a short history, with its end", async () => {
        await scene.waiting("m");
        await Promise.all(
            Array.from({ length: 1_000 }, (_, n) => scene.store.backlog.markSent(ROUTE, 1, START_MS + n)),
        );
        await scene.store.backlog.settle(ROUTE, 1, "failed", START_MS + 2_000, "\u0000".repeat(10_000));
        const receipt = await scene.store.receipts.find(idOf("m"));
        assert.ok(receipt !== undefined && receipt.history.length < 100);
        assert.equal(receipt.state, "failed");
        assert.equal(receipt.history.at(-1)?.state, "failed");
        assert.ok((receipt.history.at(-1)?.why?.length ?? 0) <= 200);
    });

    test("receipt: a message that waits is sent as soon as that is noted, and its history has it", async () => {
        await scene.waiting("m");
        await scene.store.backlog.markSent(ROUTE, 1, START_MS + 1);
        const receipt = await scene.store.receipts.find(idOf("m"));
        assert.deepEqual([receipt?.state, receipt?.history.at(-1)], ["sent", { state: "sent", atMs: START_MS + 1 }]);
        await scene.reopen();
        assert.deepEqual(await scene.store.receipts.find(idOf("m")), receipt);
    });
}
