import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContactStore } from "../../../gateway/ports/contacts.ts";
import type { RegistrationStore } from "../../../gateway/ports/registrations.ts";
import type { TokenStore } from "../../../gateway/ports/tokens.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import type { ApiToken } from "../../../gateway/token.ts";
import { remember } from "../../../gateway/store/remember.ts";
import { numberOf, registrationOf, routeOf } from "../../support/records.ts";

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

/** A store of registrations alone, whose answers come when a test gives them. */
function openNumbers() {
    const waiting: (() => void)[] = [];
    let route = routeOf(1);
    const answer = () => ({ ...registrationOf(1), route, lastSequence: 0 });
    const store = remember({
        registrations: {
            byNumber: () => new Promise((resolve) => waiting.push(() => resolve(answer()))),
            register: async () => ({ registration: answer(), dropped: 0 }),
            retire: async () => [answer()],
        } as Partial<RegistrationStore>,
        contacts: { record: async () => ({ ...answer(), waiting: 0 }) } as Partial<ContactStore>,
    } as unknown as Store);
    const find = async () => (await store.recipients.find(numberOf(1)))?.route;
    const known = () => store.recipients.known(numberOf(1))?.route;
    const move = (index: number) => {
        route = routeOf(index);
        return store.registrations.register(registrationOf(index, { number: numberOf(1) }));
    };
    return { store, waiting, find, known, move };
}

test("remember: a number is asked for once, is known then, and who asks meanwhile gets the same answer in its turn", async () => {
    const { waiting, find, known } = openNumbers();
    const order: number[] = [];
    const asked = [1, 2, 3].map((index) => find().then((route) => (order.push(index), route)));
    assert.deepEqual([waiting.length, known()], [1, undefined]);
    waiting[0]!();
    assert.deepEqual(
        [await Promise.all(asked), order],
        [
            [routeOf(1), routeOf(1), routeOf(1)],
            [1, 2, 3],
        ],
    );
    assert.equal(known(), routeOf(1));
    assert.equal(await find(), routeOf(1));
    assert.equal(waiting.length, 1);
});

test("remember: a number that is registered anew is not known, and an answer that was under way is not kept", async () => {
    const { waiting, find, known, move } = openNumbers();
    const before = find();
    await move(2);
    const after = find();
    waiting[1]!();
    assert.equal(await after, routeOf(2));
    waiting[0]!();
    await before;
    assert.equal(known(), routeOf(2));
    await move(3);
    assert.equal(known(), undefined);
});

test("remember: what a device tells of itself, and its end for age, are looked up anew; a contact alone is not", async () => {
    const { store, waiting, find, known } = openNumbers();
    const capabilities = { runtime: "host", firmware: "1", packetOctets: 2_048, window: 1 };
    for (const [change, knownAfter] of [
        [() => store.contacts.record(routeOf(1), { atMs: 1 }), routeOf(1)],
        [() => store.contacts.record(routeOf(1), { atMs: 1, capabilities }), undefined],
        [() => store.registrations.retire(1, 1, 10), undefined],
    ] as const) {
        const found = find();
        waiting.pop()?.();
        await found;
        await change();
        assert.equal(known(), knownAfter);
    }
});
