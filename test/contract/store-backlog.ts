import assert from "node:assert/strict";
import { test } from "node:test";
import { START_MS, append as appendTo, idOf, messageOf, numberOf, routeOf, type Given } from "../support/records.ts";
import { append, bodies, sequences, type Scene } from "./store-scene.ts";

export function testBacklog(scene: Scene): void {
    test("append: sequences count from 1 in the order of the calls, for each route by itself", async () => {
        const store = await scene.board(1, 2);
        const appended = await Promise.all(
            Array.from({ length: 400 }, (_, n) => appendTo(store, messageOf(1 + (n % 2)))),
        );
        assert.deepEqual(
            sequences(appended),
            Array.from({ length: 400 }, (_, n) => 1 + Math.floor(n / 2)),
        );
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.lastSequence, 200);
        assert.equal((await store.registrations.byRoute(routeOf(2)))?.lastSequence, 200);
    });

    test("append: a message comes back as it was given, octet for octet", async () => {
        const store = await scene.board();
        const { tag, to, urgency, collapseKey, sender, ...message } = messageOf(1, {
            body: 'Café €5 😀 \u0000 "\\\n\u2028 ' + "x".repeat(4_000),
            title: "\u0000",
            collapseKey: "key \u0000 ü",
            urgency: "high",
            from: numberOf(2),
        });
        const { id } = await appendTo(store, { tag, to, urgency, collapseKey, sender, ...message });
        const expected = { ...message, id, sequence: 1, state: "accepted" };
        assert.deepEqual(await store.backlog.list(routeOf(1), 0, 10), [expected]);
    });

    test("append: no such route stores nothing", async () => {
        const { store } = scene;
        assert.equal(await store.backlog.append(messageOf(1, { id: "lost" })), "unregistered");
        assert.equal(await store.receipts.find(idOf("lost")), undefined);
    });

    test("list: in sequence order above a sequence, at most so many, written ones among them", async () => {
        const store = await scene.board();
        for (const urgency of ["low", "high", "normal", "high"] as const) await append(store, { urgency });
        await store.backlog.markSent(routeOf(1), 2, START_MS);
        await store.backlog.settle(routeOf(1), 3, "failed", START_MS);
        const all = await store.backlog.list(routeOf(1), 0, 10);
        assert.deepEqual(
            all.map(({ sequence, state }) => [sequence, state]),
            [
                [1, "accepted"],
                [2, "sent"],
                [4, "accepted"],
            ],
        );
        assert.deepEqual(sequences(await store.backlog.list(routeOf(1), 1, 1)), [2]);
        assert.deepEqual(await store.backlog.list(routeOf(1), 4, 10), []);
    });

    test("collapse: a message replaces an older one of its key, waiting or written, and has a new sequence", async () => {
        const store = await scene.board(1, 2);
        await append(store, { body: "a", collapseKey: "k" });
        await append(store, { body: "other key", collapseKey: "l" });
        await append(store, { body: "no key" });
        await store.backlog.append(messageOf(2, { collapseKey: "k" }));
        const second = await append(store, { body: "b", collapseKey: "k" });
        assert.deepEqual(second.collapsed, [1]);
        assert.equal(second.sequence, 4);
        await store.backlog.markSent(routeOf(1), 4, START_MS);
        const third = await append(store, { body: "c", collapseKey: "k" });
        assert.deepEqual(third.collapsed, [4]);
        assert.deepEqual(bodies(await store.backlog.list(routeOf(1), 0, 10)), ["other key", "no key", "c"]);
        assert.equal(
            await store.backlog.settle(routeOf(1), 4, "delivered", START_MS),
            false,
            "its PUBACK comes too late",
        );
        assert.equal((await store.receipts.find(second.id))?.state, "collapsed");
        assert.equal((await store.backlog.list(routeOf(2), 0, 10)).length, 1, "another route's key is another key");
    });

    test("collapse: a key belongs to its sender", async () => {
        const store = await scene.board();
        await append(store, { body: "alarm", collapseKey: "k", sender: "a" });
        assert.deepEqual((await append(store, { body: "b", collapseKey: "k", sender: "b" })).collapsed, []);
        assert.deepEqual((await append(store, { collapseKey: "k", sender: "a" })).collapsed, [1]);
    });

    test("overflow: what goes is of the sender that holds most of what is over, by number or by octets", async () => {
        const store = await scene.board(1, 2);
        for (const [board, octets, count] of [
            [1, 1, 1_000],
            [2, 4_096, 70],
        ] as const) {
            const send = (given: Given) => appendTo(store, messageOf(board, given));
            for (let honest = 0; honest < 50; honest++) await send({ urgency: "low", octets: 100 });
            const flood = { sender: "b", body: "flood", urgency: "high", octets } as const;
            const sent = await Promise.all(Array.from({ length: count }, () => send(flood)));
            const dropped = sent.flatMap(({ dropped }) => dropped);
            assert.ok(dropped.length > 0 && dropped.every((sequence) => sequence > 50));
            assert.ok((await send({ urgency: "very-low", octets: 4_096 })).dropped.every((sequence) => sequence > 50));
        }
    });

    test("overflow: of senders that hold the same, the one that sends loses", async () => {
        const store = await scene.board();
        for (const sender of ["a", "b"]) {
            await Promise.all(Array.from({ length: 500 }, () => append(store, { sender, body: sender })));
        }
        for (const [sender, oldest] of [
            ["a", 1],
            ["b", 501],
            ["a", 2],
        ] as const) {
            assert.deepEqual((await append(store, { sender })).dropped, [oldest]);
        }
    });

    test("overflow: beyond 1,000 messages the oldest of the lowest urgency goes", async () => {
        const store = await scene.board();
        const urgencies = ["high", "normal", "low", "very-low", "low"] as const;
        for (const urgency of urgencies) await append(store, { body: urgency, urgency });
        const full = await Promise.all(Array.from({ length: 995 }, () => append(store, { urgency: "high" })));
        assert.deepEqual(
            full.flatMap(({ dropped }) => dropped),
            [],
        );
        const victims: number[] = [];
        for (let count = 0; count < 4; count++) {
            const { dropped, state } = await append(store, { urgency: "high" });
            assert.equal(state, "accepted");
            victims.push(...dropped);
        }
        assert.deepEqual(victims, [4, 3, 5, 2], "very low, the two low ones, normal");
        const next = await append(store, { urgency: "high" });
        assert.deepEqual(next.dropped, [1], "all alike: the oldest");
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1_000);
    });

    test("overflow: a new message that is the lowest is dropped itself, and may be sent again", async () => {
        const store = await scene.board();
        await Promise.all(Array.from({ length: 1_000 }, () => append(store)));
        const low = await append(store, { urgency: "low", once: "again" });
        assert.equal(low.state, "dropped");
        assert.deepEqual(low.dropped, [low.sequence]);
        assert.equal((await store.receipts.find(low.id))?.state, "dropped");
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        const again = await append(store, { urgency: "low", once: "again" });
        assert.equal(again.repeated, false);
        assert.equal(again.state, "accepted");
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1_000);
    });

    test("overflow: beyond 256 KiB as many go as it takes, and none that was written while another is left", async () => {
        const store = await scene.board();
        await Promise.all(Array.from({ length: 64 }, () => append(store, { octets: 4_096 })));
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 64, octets: 256 * 1024 });
        await store.backlog.markSent(routeOf(1), 1, START_MS);
        const { dropped } = await append(store, { octets: 4_097 });
        assert.deepEqual(dropped, [2, 3]);
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 63, octets: 256 * 1024 - 4_095 });
        for (let sequence = 4; sequence <= 64; sequence++) await store.backlog.markSent(routeOf(1), sequence, START_MS);
        const own = await append(store, { octets: 4_096, urgency: "high" });
        assert.deepEqual(own.dropped, [65], "the only other one that was not written");
        await append(store, { octets: 4_096 });
        const low = await append(store, { octets: 4_096, urgency: "low" });
        assert.equal(low.state, "dropped", "of three not written it is the lowest");
    });

    test("overflow: what was dropped is kept for its device through restarts, until that was sent", async () => {
        const store = await scene.board();
        await Promise.all(Array.from({ length: 1_003 }, () => append(store, { octets: 1 })));
        await scene.reopen();
        assert.deepEqual((await scene.store.registrations.byNumber(numberOf(1)))?.overflow, { o: 3, a: 1, z: 3 });
        await append(scene.store, { octets: 1 });
        await scene.store.backlog.clearOverflow(routeOf(1), { o: 3, a: 1, z: 3 });
        assert.equal(
            (await scene.store.contacts.record(routeOf(1), { atMs: START_MS }))?.overflow?.o,
            1,
            "dropped meanwhile",
        );
        await scene.store.backlog.clearOverflow(routeOf(1), { o: 1, a: 4, z: 4 });
        assert.equal((await scene.store.registrations.byNumber(numberOf(1)))?.overflow, undefined);
        await scene.store.backlog.clearOverflow(routeOf(2), { o: 1, a: 4, z: 4 });
    });
}
