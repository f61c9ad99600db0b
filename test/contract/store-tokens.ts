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

    test("tokens: two of one id or of one hash are refused", async () => {
        const { store } = scene;
        await store.tokens.add(tokenOf("one"));
        await assert.rejects(store.tokens.add(tokenOf("one", { hash: "another" })));
        await assert.rejects(store.tokens.add(tokenOf("two", { hash: "hash of one" })));
        assert.equal((await store.tokens.list()).length, 1);
    });
}
