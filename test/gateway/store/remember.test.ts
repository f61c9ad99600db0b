import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiToken, Store } from "../../../gateway/ports.ts";
import { MAX_KEPT, remember } from "../../../gateway/store/remember.ts";

/** A store of tokens alone, and how often it was asked. */
function openScene() {
    const scene = { tokens: [] as ApiToken[], asked: 0 };
    const behind = {
        tokens: async () => (scene.asked++, [...scene.tokens]),
        tokenByHash: async (hash: string) => (scene.asked++, scene.tokens.find((token) => token.hash === hash)),
        putToken: async (token: ApiToken) => void scene.tokens.push(token),
        deleteToken: async (id: string) => {
            const before = scene.tokens.length;
            scene.tokens = scene.tokens.filter((token) => token.id !== id);
            return scene.tokens.length < before;
        },
    };
    return Object.assign(scene, { store: remember(behind as unknown as Store) });
}

function token(index: number): ApiToken {
    return { id: `t${index}`, role: "sender", hash: `hash ${index}`, pattern: "*", createdMs: 0 };
}

test("remember: ten thousand wrong tokens give the store nothing to do, and right ones neither", async () => {
    const scene = openScene();
    const { store } = scene;
    await store.putToken(token(1));
    assert.equal((await store.tokenByHash("hash 1"))?.id, "t1");
    const before = scene.asked;
    for (let i = 0; i < 10_000; i++) assert.equal(await store.tokenByHash(`wrong ${i}`), undefined);
    assert.equal((await store.tokenByHash("hash 1"))?.id, "t1");
    assert.equal(scene.asked, before);
});

test("remember: a token is good as soon as it is made, for nothing once it is revoked, and nobody changes the one kept", async () => {
    const { store } = openScene();
    assert.equal(await store.tokenByHash("hash 1"), undefined);
    await store.putToken(token(1));
    const known = await store.tokenByHash("hash 1");
    assert.equal(known?.role, "sender");
    if (known !== undefined) known.role = "admin";
    assert.equal((await store.tokenByHash("hash 1"))?.role, "sender");
    assert.equal(await store.deleteToken("t1"), true);
    assert.equal(await store.tokenByHash("hash 1"), undefined);
});

test("remember: of very many tokens each is asked for", async () => {
    const { store } = openScene();
    for (let i = 0; i <= MAX_KEPT; i++) await store.putToken(token(i));
    for (const index of [0, MAX_KEPT]) assert.equal((await store.tokenByHash(`hash ${index}`))?.id, `t${index}`);
    assert.equal(await store.tokenByHash("hash"), undefined);
    await store.deleteToken("t0");
    assert.equal(await store.tokenByHash("hash 0"), undefined);
});
