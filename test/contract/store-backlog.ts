import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewMessage } from "../../gateway/ports/backlog.ts";
import type { PushMessage } from "../../gateway/message.ts";
import { append as appendTo, messageOf, numberOf, routeOf, START_MS } from "../support/records.ts";
import { append, bodies, sequences, type Scene } from "./store-scene.ts";

export function testBacklog(scene: Scene): void {
    test("append: sequences count from 1 in the order of the calls, for each route by itself", async () => {
        const store = await scene.board(1, 2);
        const appended = await Promise.all(
            Array.from({ length: 400 }, (_, n) => appendTo(store, messageOf(1 + (n % 2)))),
        );
        const sequences = appended.map(({ message }) => message.sequence);
        assert.deepEqual(
            sequences,
            Array.from({ length: 400 }, (_, n) => 1 + Math.floor(n / 2)),
        );
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.lastSequence, 200);
        assert.equal((await store.registrations.byRoute(routeOf(2)))?.lastSequence, 200);
    });

    test("append: a message comes back as it was given, octet for octet", async () => {
        const store = await scene.board();
        const message = messageOf(1, {
            body: 'Café €5 😀 \u0000 "\\\n\u2028 ' + "x".repeat(4_000),
            title: "\u0000",
            collapseKey: "key \u0000 ü",
            urgency: "high",
            from: numberOf(2),
        });
        const expected: Partial<NewMessage & PushMessage> = { ...message, sequence: 1, state: "accepted" };
        delete expected.sender;
        assert.deepEqual((await appendTo(store, message)).message, expected);
        assert.deepEqual(await store.backlog.list(routeOf(1), 0, 10), [expected]);
    });

    test("append: no such route stores nothing", async () => {
        const { store } = scene;
        assert.equal(await store.backlog.append(messageOf(1, { id: "lost" })), "unregistered");
        assert.equal(await store.receipts.find("lost"), undefined);
    });

    test("append: the same id twice is refused, and leaves no gap", async () => {
        const store = await scene.board();
        await append(store, { id: "twice" });
        await assert.rejects(append(store, { id: "twice" }));
        assert.equal((await append(store)).message.sequence, 2);
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
        assert.deepEqual(
            second.collapsed.map(({ body, state }) => [body, state]),
            [["a", "collapsed"]],
        );
        assert.equal(second.message.sequence, 4);
        await store.backlog.markSent(routeOf(1), 4, START_MS);
        const third = await append(store, { body: "c", collapseKey: "k" });
        assert.deepEqual(bodies(third.collapsed), ["b"]);
        assert.deepEqual(bodies(await store.backlog.list(routeOf(1), 0, 10)), ["other key", "no key", "c"]);
        assert.equal(
            await store.backlog.settle(routeOf(1), 4, "delivered", START_MS),
            false,
            "its PUBACK comes too late",
        );
        assert.equal((await store.receipts.find(second.message.id))?.state, "collapsed");
        assert.equal((await store.backlog.list(routeOf(2), 0, 10)).length, 1, "another route's key is another key");
    });

    test("collapse: a key belongs to its sender", async () => {
        const store = await scene.board();
        await append(store, { body: "alarm", collapseKey: "k", sender: "a" });
        assert.deepEqual((await append(store, { body: "b", collapseKey: "k", sender: "b" })).collapsed, []);
        assert.deepEqual(bodies((await append(store, { collapseKey: "k", sender: "a" })).collapsed), ["alarm"]);
    });

    test("overflow: what goes is of the sender that holds most of what is over, by number or by octets", async () => {
        const store = await scene.board(1, 2);
        for (const [board, octets, count] of [
            [1, 1, 1_000],
            [2, 4_096, 70],
        ] as const) {
            const send = (given: Partial<NewMessage>) => appendTo(store, messageOf(board, given));
            for (let honest = 0; honest < 50; honest++) await send({ urgency: "low", octets: 100 });
            const flood = { sender: "b", body: "flood", urgency: "high", octets } as const;
            const sent = await Promise.all(Array.from({ length: count }, () => send(flood)));
            const dropped = sent.flatMap(({ dropped }) => bodies(dropped));
            assert.ok(dropped.length > 0 && dropped.every((body) => body === "flood"));
            assert.deepEqual(bodies((await send({ urgency: "very-low", octets: 4_096 })).dropped).at(-1), "flood");
        }
    });

    test("overflow: of senders that hold the same, the one that sends loses", async () => {
        const store = await scene.board();
        for (const sender of ["a", "b"]) {
            await Promise.all(Array.from({ length: 500 }, () => append(store, { sender, body: sender })));
        }
        for (const sender of ["a", "b", "a"]) {
            assert.deepEqual(bodies((await append(store, { sender, body: sender })).dropped), [sender]);
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
        const victims: string[] = [];
        for (let count = 0; count < 4; count++) {
            const { dropped, message } = await append(store, { urgency: "high" });
            assert.equal(message.state, "accepted");
            victims.push(...dropped.map(({ body, sequence, state }) => `${body} ${sequence} ${state}`));
        }
        assert.deepEqual(victims, ["very-low 4 dropped", "low 3 dropped", "low 5 dropped", "normal 2 dropped"]);
        const next = await append(store, { urgency: "high" });
        assert.deepEqual(sequences(next.dropped), [1], "all alike: the oldest");
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1_000);
    });

    test("overflow: a new message that is the lowest is dropped itself, and may be sent again", async () => {
        const store = await scene.board();
        await Promise.all(Array.from({ length: 1_000 }, () => append(store)));
        const low = await append(store, { urgency: "low", once: "again" });
        assert.equal(low.message.state, "dropped");
        assert.deepEqual(low.dropped, [low.message]);
        assert.equal((await store.receipts.find(low.message.id))?.state, "dropped");
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        const again = await append(store, { urgency: "low", once: "again" });
        assert.equal(again.repeated, false);
        assert.equal(again.message.state, "accepted");
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1_000);
    });

    test("overflow: beyond 256 KiB as many go as it takes, and none that was written while another is left", async () => {
        const store = await scene.board();
        await Promise.all(Array.from({ length: 64 }, () => append(store, { octets: 4_096 })));
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 64, octets: 256 * 1024 });
        await store.backlog.markSent(routeOf(1), 1, START_MS);
        const { dropped } = await append(store, { octets: 4_097 });
        assert.deepEqual(sequences(dropped), [2, 3]);
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 63, octets: 256 * 1024 - 4_095 });
        for (let sequence = 4; sequence <= 64; sequence++) await store.backlog.markSent(routeOf(1), sequence, START_MS);
        const own = await append(store, { octets: 4_096, urgency: "high" });
        assert.deepEqual(sequences(own.dropped), [65], "the only other one that was not written");
        await append(store, { octets: 4_096 });
        const low = await append(store, { octets: 4_096, urgency: "low" });
        assert.equal(low.message.state, "dropped", "of three not written it is the lowest");
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
