import assert from "node:assert/strict";
import { test } from "node:test";
import type { Appended, NewMessage } from "../../gateway/ports/backlog.ts";
import type { Store } from "../../gateway/ports/store.ts";
import type { PushMessage } from "../../gateway/message.ts";
import { append as appendTo, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import type { Scene } from "./store.ts";

/** Appends to the first registration; it has to be there. */
function append(store: Store, given: Partial<NewMessage> = {}): Promise<Appended> {
    return appendTo(store, messageOf(1, given));
}

async function bodies(store: Store): Promise<string[]> {
    return (await store.backlog.list(routeOf(1), 0, 2_000)).map(({ body }) => body);
}

export function testMessages(scene: Scene): void {
    test("append: sequences count from 1 in the order of the calls, for each route by itself", async () => {
        const { store } = scene;
        await Promise.all([
            store.registrations.register(registrationOf(1)),
            store.registrations.register(registrationOf(2)),
        ]);
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
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
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
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        await append(store, { id: "twice" });
        await assert.rejects(append(store, { id: "twice" }));
        assert.equal((await append(store)).message.sequence, 2);
    });

    test("group: of calls that arrive together each succeeds or fails alone", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        await append(store, { id: "there" });
        const calls = Array.from({ length: 100 }, (_, n) => append(store, n % 10 === 5 ? { id: "there" } : {}));
        const settled = await Promise.allSettled(calls);
        assert.equal(settled.filter(({ status }) => status === "rejected").length, 10);
        const sequences = (await store.backlog.list(routeOf(1), 1, 1_000)).map(({ sequence }) => sequence);
        assert.deepEqual(
            sequences,
            Array.from({ length: 90 }, (_, n) => n + 2),
        );
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 91, octets: 9_100 });
    });

    test("group: a read sees the writes that were called before it, awaited or not", async () => {
        const { store } = scene;
        void store.registrations.register(registrationOf(1));
        const first = append(store);
        const between = store.backlog.size(routeOf(1));
        const second = append(store);
        assert.deepEqual(await between, { messages: 1, octets: 100 });
        await Promise.all([first, second]);
    });

    test("collapse: a message replaces an older one of its key, waiting or written, and has a new sequence", async () => {
        const { store } = scene;
        await Promise.all([
            store.registrations.register(registrationOf(1)),
            store.registrations.register(registrationOf(2)),
        ]);
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
        assert.deepEqual(
            third.collapsed.map(({ body }) => body),
            ["b"],
        );
        assert.deepEqual(await bodies(store), ["other key", "no key", "c"]);
        assert.equal(
            await store.backlog.settle(routeOf(1), 4, "delivered", START_MS),
            false,
            "its PUBACK comes too late",
        );
        assert.equal((await store.receipts.find(second.message.id))?.state, "collapsed");
        assert.equal((await store.backlog.list(routeOf(2), 0, 10)).length, 1, "another route's key is another key");
    });

    test("overflow: beyond 1,000 messages the oldest of the lowest urgency goes", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
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
        assert.deepEqual(
            next.dropped.map(({ sequence }) => sequence),
            [1],
            "all alike: the oldest",
        );
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1_000);
    });

    test("overflow: a new message that is the lowest is dropped itself, and may be said again", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
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
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        await Promise.all(Array.from({ length: 64 }, () => append(store, { octets: 4_096 })));
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 64, octets: 256 * 1024 });
        await store.backlog.markSent(routeOf(1), 1, START_MS);
        const { dropped } = await append(store, { octets: 4_097 });
        assert.deepEqual(
            dropped.map(({ sequence }) => sequence),
            [2, 3],
        );
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 63, octets: 256 * 1024 - 4_095 });
        for (let sequence = 4; sequence <= 64; sequence++) await store.backlog.markSent(routeOf(1), sequence, START_MS);
        const own = await append(store, { octets: 4_096, urgency: "high" });
        assert.deepEqual(
            own.dropped.map(({ sequence }) => sequence),
            [65],
            "the only other one that was not written",
        );
        await append(store, { octets: 4_096 });
        const low = await append(store, { octets: 4_096, urgency: "low" });
        assert.equal(low.message.state, "dropped", "of three not written it is the lowest");
    });

    test("overflow: what was dropped is kept for its device through restarts, until it was told", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
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

    test("byNumber and tokenByHash: a change is seen by whoever asks after its answer, and by whoever asked beside it", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        for (let round = 2; round < 30; round++) {
            const early = store.registrations.byNumber(numberOf(1));
            const change = store.registrations.register(registrationOf(1, { route: routeOf(round) }));
            const beside = store.registrations.byNumber(numberOf(1));
            assert.equal((await early)?.route, routeOf(round - 1));
            assert.equal((await beside)?.route, routeOf(round));
            await change;
            assert.equal((await store.registrations.byNumber(numberOf(1)))?.route, routeOf(round));
            const appends = Array.from({ length: 3 }, () => append(store, { route: routeOf(round) }));
            const among = store.registrations.byNumber(numberOf(1));
            await Promise.all([...appends, among]);
            assert.equal((await store.registrations.byNumber(numberOf(1)))?.lastSequence, 3);
        }
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.equal(await store.registrations.byNumber(numberOf(1)), undefined);
        const token = { id: "t", role: "sender", hash: "h", pattern: "*", createdMs: START_MS } as const;
        await store.tokens.add(token);
        assert.equal((await store.tokens.byHash("h"))?.id, "t");
        const beside = [store.tokens.byHash("h"), store.tokens.remove("t"), store.tokens.byHash("h")];
        await Promise.all(beside);
        assert.equal(await store.tokens.byHash("h"), undefined);
    });

    test("once: said again, a message is the one accepted before, whatever became of it", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        const first = await append(store, { once: "key \u0000" });
        const again = await append(store, { once: "key \u0000", id: "another" });
        assert.equal(again.repeated, true);
        assert.equal(again.message.id, first.message.id);
        assert.equal(again.message.sequence, 1);
        assert.equal(await store.receipts.find("another"), undefined);
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        await scene.reopen();
        const late = await append(scene.store, { once: "key \u0000" });
        assert.deepEqual([late.repeated, late.message.state], [true, "delivered"]);
        await scene.store.registrations.register(registrationOf(1, { route: routeOf(2) }));
        const moved = await appendTo(scene.store, messageOf(2, { to: numberOf(1), once: "key \u0000" }));
        assert.equal(moved.message.id, first.message.id, "also after the number moved");
        assert.equal((await appendTo(scene.store, messageOf(2))).message.sequence, 1);
    });

    // What a sender may not change under one key; each is another than the first message's.
    const OTHER_CONTENT: [what: string, given: Partial<NewMessage>][] = [
        ["number", { to: numberOf(2), route: routeOf(2) }],
        ["body", { body: "other" }],
        ["title", { title: "t" }],
        ["urgency", { urgency: "high" }],
        ["collapse key", { collapseKey: "k" }],
        ["time to live", { expiresMs: START_MS + 3_601_000 }],
    ];
    test("once: with other content of its sender it is a conflict, and nothing is stored", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        await store.registrations.register(registrationOf(2));
        await append(store, { once: "key" });
        for (const [what, given] of OTHER_CONTENT) {
            assert.equal(await store.backlog.append(messageOf(1, { once: "key", ...given })), "conflict", what);
        }
        const later = { acceptedMs: START_MS + 5_000, expiresMs: START_MS + 3_605_000 };
        assert.equal((await append(store, { once: "key", ...later })).repeated, true, "the same, sent later");
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1);
        assert.equal((await store.backlog.size(routeOf(2))).messages, 0);
    });

    test("once: belongs to its sender", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        const first = await append(store, { once: "key", sender: "a" });
        const other = await append(store, { once: "key", sender: "b", body: "other" });
        assert.deepEqual([other.repeated, other.message.sequence], [false, 2]);
        const again = await append(store, { once: "key", sender: "a" });
        assert.deepEqual([again.repeated, again.message.id], [true, first.message.id]);
    });

    test("once: a hundred at the same time are one", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
        const appended = await Promise.all(Array.from({ length: 100 }, () => append(store, { once: "same" })));
        assert.equal(appended.filter(({ repeated }) => !repeated).length, 1);
        assert.equal(new Set(appended.map(({ message }) => message.id)).size, 1);
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1);
    });

    test("backlog: in sequence order above a sequence, at most so many, written ones among them", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1));
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
        assert.deepEqual(
            (await store.backlog.list(routeOf(1), 1, 1)).map(({ sequence }) => sequence),
            [2],
        );
        assert.deepEqual(await store.backlog.list(routeOf(1), 4, 10), []);
    });

    test("clockStepped: what was accepted by the wrong clock ends by the right one; what was not stays", async () => {
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
        assert.deepEqual(await store.backlog.expire(START_MS + 649_999, 10), []);
        assert.equal((await store.backlog.expire(START_MS + 650_000, 10)).length, 1);
    });

    test("clockStepped: a code's ten minutes move along", async () => {
        const { store } = scene;
        const code = { number: numberOf(1), codeHash: "right", triesLeft: 5, keepBacklog: false };
        await store.codes.add({ ...code, createdMs: 50_000, expiresMs: 650_000 });
        await store.upkeep.followClock({ fromMs: 0, untilMs: 60_000, byMs: START_MS });
        assert.equal((await store.codes.list(numberOf(1), START_MS))[0]?.expiresMs, START_MS + 650_000);
    });
}
