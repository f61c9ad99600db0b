import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenStore } from "../../../gateway/ports/tokens.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import type { ApiToken } from "../../../gateway/token.ts";
import { MAX_KEPT, remember } from "../../../gateway/store/remember.ts";

/** A store of tokens alone, and how often it was asked. */
function openScene() {
    const scene = { tokens: [] as ApiToken[], asked: 0 };
    const tokens: TokenStore = {
        list: async () => (scene.asked++, [...scene.tokens]),
        byHash: async (hash) => (scene.asked++, scene.tokens.find((token) => token.hash === hash)),
        add: async (token) => void scene.tokens.push(token),
        remove: async (id) => {
            const before = scene.tokens.length;
            scene.tokens = scene.tokens.filter((token) => token.id !== id);
            return scene.tokens.length < before;
        },
    };
    return Object.assign(scene, { store: remember({ tokens } as Store) });
}

function token(index: number): ApiToken {
    return { id: `t${index}`, role: "sender", hash: `hash ${index}`, pattern: "*", createdMs: 0 };
}

test("remember: ten thousand wrong tokens give the store nothing to do, and right ones neither", async () => {
    const scene = openScene();
    const { store } = scene;
    await store.tokens.add(token(1));
    assert.equal((await store.tokens.byHash("hash 1"))?.id, "t1");
    const before = scene.asked;
    for (let i = 0; i < 10_000; i++) assert.equal(await store.tokens.byHash(`wrong ${i}`), undefined);
    assert.equal((await store.tokens.byHash("hash 1"))?.id, "t1");
    assert.equal(scene.asked, before);
});

test("remember: a token is good as soon as it is made, for nothing once it is revoked, and nobody changes the one kept", async () => {
    const { store } = openScene();
    assert.equal(await store.tokens.byHash("hash 1"), undefined);
    await store.tokens.add(token(1));
    const known = await store.tokens.byHash("hash 1");
    assert.equal(known?.role, "sender");
    if (known !== undefined) known.role = "admin";
    assert.equal((await store.tokens.byHash("hash 1"))?.role, "sender");
    assert.equal(await store.tokens.remove("t1"), true);
    assert.equal(await store.tokens.byHash("hash 1"), undefined);
});

test("remember: of very many tokens each is asked for", async () => {
    const { store } = openScene();
    for (let i = 0; i <= MAX_KEPT; i++) await store.tokens.add(token(i));
    for (const index of [0, MAX_KEPT]) assert.equal((await store.tokens.byHash(`hash ${index}`))?.id, `t${index}`);
    assert.equal(await store.tokens.byHash("hash"), undefined);
    await store.tokens.remove("t0");
    assert.equal(await store.tokens.byHash("hash 0"), undefined);
});
