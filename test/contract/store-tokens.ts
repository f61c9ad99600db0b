import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiToken } from "../../gateway/token.ts";
import { START_MS } from "../support/records.ts";
import type { Scene } from "./store-scene.ts";

function tokenOf(id: string, given: Partial<ApiToken> = {}): ApiToken {
    return { id, role: "sender", hash: `hash of ${id}`, pattern: "+34*", label: "shop", createdMs: START_MS, ...given };
}

export function testTokens(scene: Scene): void {
    test("tokens: added, found by hash, listed in the order of their making, removed", async () => {
        const { store } = scene;
        const [one, two] = [tokenOf("one", { createdMs: START_MS + 1 }), tokenOf("two", { label: undefined })];
        await store.tokens.add(one);
        await store.tokens.add(two);
        assert.deepEqual(await store.tokens.byHash("hash of one"), one);
        assert.equal(await store.tokens.byHash("hash of three"), undefined);
        assert.deepEqual(await store.tokens.list(), [two, one]);
        assert.equal(await store.tokens.remove("one"), true);
        assert.equal(await store.tokens.remove("one"), false);
        assert.equal(await store.tokens.byHash("hash of one"), undefined);
    });

    test("tokens: the last of a role and pattern can be kept, also from two removals at the same time", async () => {
        const { store } = scene;
        const admin = { role: "admin", pattern: "*" } as const;
        const ids = ["one", "two", "three"];
        for (const id of ids.slice(0, 2)) await store.tokens.add(tokenOf(id, admin));
        await store.tokens.add(tokenOf("three", { role: "admin" }));
        assert.equal(await store.tokens.remove("three", admin), true, "it may not manage everything");
        const removed = await Promise.all(ids.map((id) => store.tokens.remove(id, admin)));
        assert.deepEqual(removed, [true, false, false]);
        assert.equal(await store.tokens.remove("two"), true);
    });

    test("tokens: two of one id or of one hash are refused", async () => {
        const { store } = scene;
        await store.tokens.add(tokenOf("one"));
        await assert.rejects(store.tokens.add(tokenOf("one", { hash: "another" })));
        await assert.rejects(store.tokens.add(tokenOf("two", { hash: "hash of one" })));
        assert.equal((await store.tokens.list()).length, 1);
    });
}
