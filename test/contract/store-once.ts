import assert from "node:assert/strict";
import { test } from "node:test";
import {
    START_MS,
    append as appendTo,
    messageOf,
    numberOf,
    registrationOf,
    routeOf,
    type Given,
} from "../support/records.ts";
import { append, type Scene } from "./store-scene.ts";

// What a sender may not change under one key; each is another than the first message's.
const OTHER_CONTENT: [what: string, given: Given][] = [
    ["number", { to: numberOf(2), route: routeOf(2) }],
    ["body", { body: "other" }],
    ["title", { title: "t" }],
    ["urgency", { urgency: "high" }],
    ["collapse key", { collapseKey: "k" }],
    ["time to live", { expiresMs: START_MS + 3_601_000 }],
];

export function testOnce(scene: Scene): void {
    test("once: sent again, a message is the one accepted before, whatever became of it", async () => {
        const store = await scene.board();
        const first = await append(store, { once: "key \u0000" });
        const again = await append(store, { once: "key \u0000", id: "another" });
        assert.equal(again.repeated, true);
        assert.equal(again.id, first.id);
        assert.equal(again.sequence, 1);
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1);
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        await scene.reopen();
        const late = await append(scene.store, { once: "key \u0000" });
        assert.deepEqual([late.repeated, late.state], [true, "delivered"]);
        await scene.store.registrations.register(registrationOf(1, { route: routeOf(2) }));
        const moved = await appendTo(scene.store, messageOf(2, { to: numberOf(1), once: "key \u0000" }));
        assert.equal(moved.id, first.id, "also after the number moved");
        assert.equal((await appendTo(scene.store, messageOf(2))).sequence, 1);
    });

    test("once: with other content it is a conflict, and nothing is stored", async () => {
        const store = await scene.board(1, 2);
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
        const store = await scene.board();
        const first = await append(store, { once: "key", sender: "a" });
        const other = await append(store, { once: "key", sender: "b", body: "other" });
        assert.deepEqual([other.repeated, other.sequence], [false, 2]);
        const again = await append(store, { once: "key", sender: "a" });
        assert.deepEqual([again.repeated, again.id], [true, first.id]);
    });

    test("once: a hundred at the same time are one", async () => {
        const store = await scene.board();
        const appended = await Promise.all(Array.from({ length: 100 }, () => append(store, { once: "same" })));
        assert.equal(appended.filter(({ repeated }) => !repeated).length, 1);
        assert.equal(new Set(appended.map(({ id }) => id)).size, 1);
        assert.equal((await store.backlog.size(routeOf(1))).messages, 1);
    });

    test("once: it is free again when the receipt is forgotten", async () => {
        const store = await scene.board();
        await store.backlog.append(messageOf(1, { once: "key" }));
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        await store.upkeep.forget(START_MS + 1, 10);
        assert.equal((await appendTo(store, messageOf(1, { once: "key" }))).repeated, false);
    });
}
