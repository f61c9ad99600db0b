import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageState } from "../../gateway/message.ts";
import { append as appendTo, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import type { Scene } from "./store.ts";

const ROUTE = routeOf(1);

export function testReceipts(scene: Scene): void {
    async function append(...ids: string[]): Promise<void> {
        await scene.store.registrations.register(registrationOf(1));
        for (const id of ids) await scene.store.backlog.append(messageOf(1, { id }));
    }

    test("receipt: the whole history of a message, also after a restart", async () => {
        await append("m");
        const { store } = scene;
        await store.backlog.markSent(ROUTE, 1, START_MS + 1);
        await store.backlog.markSent(ROUTE, 1, START_MS + 2);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 3), false, "not delivered yet");
        assert.equal(await store.backlog.settle(ROUTE, 1, "delivered", START_MS + 4), true);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 5), true);
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS + 6), false, "read already");
        await scene.reopen();
        assert.deepEqual(await scene.store.receipts.find("m"), {
            id: "m",
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
        assert.equal((await scene.store.receipts.find("m", rangeOf(1)))?.id, "m");
        for (const other of [0, 2]) assert.equal(await scene.store.receipts.find("m", rangeOf(other)), undefined);
        assert.equal(await scene.store.receipts.find("m", { from: "+", below: numberOf(1) }), undefined);
    });

    test("receipt: a message that is written a thousand times keeps a short history, with its end", async () => {
        await append("m");
        await Promise.all(
            Array.from({ length: 1_000 }, (_, n) => scene.store.backlog.markSent(ROUTE, 1, START_MS + n)),
        );
        await scene.store.backlog.settle(ROUTE, 1, "failed", START_MS + 2_000, "\u0000".repeat(10_000));
        const receipt = await scene.store.receipts.find("m");
        assert.ok(receipt !== undefined && receipt.history.length < 100);
        assert.equal(receipt.state, "failed");
        assert.equal(receipt.history.at(-1)?.state, "failed");
        assert.ok((receipt.history.at(-1)?.why?.length ?? 0) <= 200);
    });

    test("receipt: a message that waits is sent as soon as that is noted, and its history says it", async () => {
        await append("m");
        await scene.store.backlog.markSent(ROUTE, 1, START_MS + 1);
        const receipt = await scene.store.receipts.find("m");
        assert.deepEqual([receipt?.state, receipt?.history.at(-1)], ["sent", { state: "sent", atMs: START_MS + 1 }]);
        await scene.reopen();
        assert.deepEqual(await scene.store.receipts.find("m"), receipt);
    });

    test("settle: notes that a message was sent, too, if nobody has", async () => {
        await append("m");
        assert.equal(
            await scene.store.backlog.settle(ROUTE, 1, "delivered", START_MS + 5, undefined, START_MS + 2),
            true,
        );
        assert.deepEqual((await scene.store.receipts.find("m"))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 2 },
            { state: "delivered", atMs: START_MS + 5 },
        ]);
    });

    test("sent and delivered, called together: both are answered, and both are in the history", async () => {
        await append("m", "n");
        const { store } = scene;
        const [, , delivered, failed, again, unknown] = await Promise.all([
            store.backlog.markSent(ROUTE, 1, START_MS + 1),
            store.backlog.markSent(ROUTE, 2, START_MS + 2),
            store.backlog.settle(ROUTE, 1, "delivered", START_MS + 3),
            store.backlog.settle(ROUTE, 2, "failed", START_MS + 4, "handler"),
            store.backlog.settle(ROUTE, 2, "delivered", START_MS + 5),
            store.backlog.settle(ROUTE, 9, "delivered", START_MS + 5),
        ]);
        assert.deepEqual([delivered, failed, again, unknown], [true, true, false, false]);
        assert.deepEqual((await store.receipts.find("m"))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 1 },
            { state: "delivered", atMs: START_MS + 3 },
        ]);
        assert.deepEqual((await store.receipts.find("n"))?.history.slice(1), [
            { state: "sent", atMs: START_MS + 2 },
            { state: "failed", atMs: START_MS + 4, why: "handler" },
        ]);
        assert.deepEqual(await store.backlog.size(ROUTE), { messages: 0, octets: 0 });
    });

    for (const state of ["delivered", "failed", "expired", "dropped"] satisfies MessageState[]) {
        test(`settle: ${state} takes a message out of the backlog, once`, async () => {
            await append("m", "n");
            const { store } = scene;
            assert.equal(await store.backlog.settle(ROUTE, 1, state, START_MS + 1, "because"), true);
            assert.equal(await store.backlog.settle(ROUTE, 1, state, START_MS + 2), false);
            assert.equal(await store.backlog.settle(ROUTE, 9, state, START_MS + 2), false);
            assert.equal(await store.backlog.settle(routeOf(2), 2, state, START_MS + 2), false);
            const receipt = await store.receipts.find("m");
            assert.deepEqual(receipt?.history.slice(1), [{ state, atMs: START_MS + 1, why: "because" }]);
            assert.deepEqual(await store.backlog.size(ROUTE), { messages: 1, octets: 100 });
            await store.backlog.markSent(ROUTE, 1, START_MS + 3);
            assert.equal((await store.receipts.find("m"))?.state, state, "written down too late");
        });
    }

    for (const state of ["accepted", "sent"] satisfies MessageState[]) {
        test(`settle: ${state} ends nothing and is refused`, async () => {
            await append("m");
            await assert.rejects(scene.store.backlog.settle(ROUTE, 1, state, START_MS));
            assert.equal((await scene.store.backlog.size(ROUTE)).messages, 1);
        });
    }

    test("settleUpTo: what the device has handled is delivered, written down as sent or not", async () => {
        await append("a", "b", "c", "d");
        const { store } = scene;
        await store.backlog.markSent(ROUTE, 1, START_MS);
        await store.backlog.settle(ROUTE, 2, "failed", START_MS);
        assert.deepEqual(await store.backlog.settleUpTo(ROUTE, 3, START_MS + 1), [1, 3]);
        assert.deepEqual(await store.backlog.settleUpTo(ROUTE, 3, START_MS + 1), []);
        assert.deepEqual(
            (await store.backlog.list(ROUTE, 0, 10)).map(({ id }) => id),
            ["d"],
        );
        const states = await Promise.all(
            ["a", "b", "c", "d"].map(async (id) => (await store.receipts.find(id))?.state),
        );
        assert.deepEqual(states, ["delivered", "failed", "delivered", "accepted"]);
    });

    test("expire: ends what is past its time, the first due first, at most so many", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        for (const ttlMs of [3_000, 1_000, 0, 2_000, 4_000]) {
            await store.backlog.append(messageOf(1, { id: `ttl ${ttlMs}`, expiresMs: START_MS + ttlMs }));
        }
        assert.deepEqual(
            (await store.backlog.expire(START_MS - 1, 10)).map(({ id }) => id),
            [],
        );
        assert.deepEqual(
            (await store.backlog.expire(START_MS + 3_000, 2)).map(({ id }) => id),
            ["ttl 0", "ttl 1000"],
        );
        const rest = await store.backlog.expire(START_MS + 3_000, 10);
        assert.deepEqual(
            rest.map(({ id, state }) => [id, state]),
            [
                ["ttl 2000", "expired"],
                ["ttl 3000", "expired"],
            ],
        );
        assert.deepEqual(
            (await store.backlog.list(ROUTE, 0, 10)).map(({ id }) => id),
            ["ttl 4000"],
        );
        assert.equal((await store.receipts.find("ttl 0"))?.state, "expired");
    });

    test("expire: a message that was just written may still be acknowledged", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        for (const id of ["a", "b"]) await store.backlog.append(messageOf(1, { id, expiresMs: START_MS }));
        await store.backlog.markSent(ROUTE, 1, START_MS);
        await store.backlog.markSent(ROUTE, 2, START_MS);
        assert.deepEqual(await store.backlog.expire(START_MS + 20_000, 10), []);
        assert.equal(await store.backlog.settle(ROUTE, 1, "delivered", START_MS + 20_000), true);
        assert.deepEqual(
            (await store.backlog.expire(START_MS + 60_000, 10)).map(({ id }) => id),
            ["b"],
        );
    });

    test("forget: receipts that ended before, at most so many, and none of a message that waits", async () => {
        await append("a", "b", "c", "d");
        const { store } = scene;
        for (const sequence of [1, 2, 3]) await store.backlog.settle(ROUTE, sequence, "delivered", START_MS + sequence);
        assert.equal(await store.upkeep.forget(START_MS + 1, 10), 0);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 2);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 1);
        assert.equal(await store.upkeep.forget(START_MS + 9, 2), 0);
        assert.equal(await store.receipts.find("a"), undefined);
        assert.equal((await store.receipts.find("d"))?.state, "accepted");
        assert.equal(await store.receipts.markRead(ROUTE, 1, START_MS), false);
    });

    test("forget: a forgotten message may be said again", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        await store.backlog.append(messageOf(1, { once: "key" }));
        await store.backlog.settle(ROUTE, 1, "delivered", START_MS);
        await store.upkeep.forget(START_MS + 1, 10);
        assert.equal((await appendTo(store, messageOf(1, { once: "key" }))).repeated, false);
    });
}
