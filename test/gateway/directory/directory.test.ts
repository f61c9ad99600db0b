import assert from "node:assert/strict";
import { test } from "node:test";
import { createDirectory, type Directory, EXPIRED_MS, STALE_MS } from "../../../gateway/directory/directory.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { append, idOf, messageOf, numberOf, routeOf, START_MS } from "../../support/records.ts";
import { handClock, withStore, type HandClock } from "../../support/store-for-tests.ts";

interface Scene {
    directory: Directory;
    store: Store;
    clock: HandClock;
}

function scenario(name: string, play: (scene: Scene) => Promise<void>): void {
    test(`directory: ${name}`, () =>
        withStore(async (store) => {
            const clock = handClock();
            await play({ directory: createDirectory({ store, clock }), store, clock });
        }));
}

scenario(
    "a registration has a route and a secret of its own, and the secret is nowhere in the store",
    async (scene) => {
        const { directory, store } = scene;
        const { route, secret, registration, ended } = await directory.register(numberOf(1), { label: "kitchen" });
        assert.match(route, /^[\w-]{16}$/);
        assert.match(secret, /^[\w-]{22}$/);
        assert.equal(registration.label, "kitchen");
        assert.equal(registration.provisional, false);
        assert.equal(registration.epoch, START_MS / 1000);
        assert.equal(ended, undefined);
        assert.ok(!JSON.stringify(await store.registrations.byRoute(route)).includes(secret));
        const other = await directory.register(numberOf(2));
        assert.notEqual(other.route, route);
        assert.notEqual(other.secret, secret);
    },
);

scenario("authenticate: the secret of the route and no other", async ({ directory }) => {
    const one = await directory.register(numberOf(1));
    const two = await directory.register(numberOf(2));
    assert.equal((await directory.authenticate(one.route, one.secret))?.number, numberOf(1));
    const wrong: [route: string, secret: string][] = [
        [one.route, two.secret],
        [one.route, ""],
        [one.route, one.secret + "A"],
        [one.route, one.secret.slice(0, -1)],
        [one.route, one.registration.secretHash],
        [routeOf(9), one.secret],
        ["", one.secret],
        [one.route + "\u0000", one.secret],
        ["' OR 1=1 --", one.secret],
    ];
    for (const [route, secret] of wrong) assert.equal(await directory.authenticate(route, secret), undefined);
});

scenario("register anew: the old secret opens nothing, the backlog goes or stays as wished", async (scene) => {
    const { directory, store } = scene;
    const first = await directory.register(numberOf(1));
    await store.backlog.append(messageOf(1, { route: first.route }));
    const second = await directory.register(numberOf(1), { keepBacklog: true });
    assert.equal(second.ended?.route, first.route);
    assert.equal(await directory.authenticate(first.route, first.secret), undefined);
    assert.equal(await directory.findByRoute(first.route), undefined);
    assert.equal((await store.backlog.size(second.route)).messages, 1);
    const third = await directory.register(numberOf(1));
    assert.equal((await store.backlog.size(third.route)).messages, 0);
    assert.equal((await directory.find(numberOf(1)))?.route, third.route);
});

scenario("rotate: both secrets work until the new one was used, then only that", async ({ directory }) => {
    const { route, secret } = await directory.register(numberOf(1));
    const next = await directory.rotate(route);
    assert.ok(next !== undefined && next !== secret);
    assert.ok(await directory.authenticate(route, secret), "the device may not have got it");
    assert.ok(await directory.authenticate(route, secret));
    const renewed = await directory.authenticate(route, next);
    assert.equal(renewed?.nextSecretHash, undefined);
    assert.equal(await directory.authenticate(route, secret), undefined);
    assert.ok(await directory.authenticate(route, next));
});

scenario(
    "rotate: repeated before an answer, each secret that may be in the flash opens; the first one used ends the rest",
    async (scene) => {
        const { directory } = scene;
        const { route, secret } = await directory.register(numberOf(1));
        const sent: string[] = [];
        for (let count = 0; count < 3; count++) sent.push((await directory.rotate(route)) ?? "");
        assert.ok(await directory.authenticate(route, secret));
        assert.ok(await directory.authenticate(route, sent[1] ?? ""));
        for (const other of [secret, sent[0] ?? "", sent[2] ?? ""]) {
            assert.equal(await directory.authenticate(route, other), undefined);
        }
        assert.ok(await directory.authenticate(route, sent[1] ?? ""));
    },
);

scenario("rotate: fifty connects with the new secret at the same time all succeed", async ({ directory }) => {
    const { route } = await directory.register(numberOf(1));
    const next = (await directory.rotate(route)) ?? "";
    const connects = await Promise.all(Array.from({ length: 50 }, () => directory.authenticate(route, next)));
    assert.ok(connects.every((registration) => registration !== undefined));
});

scenario("rotate: fifty at the same time leave four that may be used, the last ones", async ({ directory }) => {
    const { route, secret } = await directory.register(numberOf(1));
    const sent = await Promise.all(Array.from({ length: 50 }, () => directory.rotate(route)));
    assert.equal(new Set(sent).size, 50);
    assert.equal((await directory.findByRoute(route))?.nextSecretHash?.split(" ").length, 4);
    assert.ok(await directory.authenticate(route, secret));
    assert.equal(await directory.rotate(routeOf(1)), undefined);
});

scenario("recipient: a number nobody has, one that is gone, and one that moved", async ({ directory }) => {
    await assert.rejects(directory.recipient(numberOf(1)), { code: "unknown_number", message: /toque number add/ });
    const { route } = await directory.register(numberOf(1));
    assert.equal((await directory.recipient(numberOf(1))).route, route);
    assert.equal((await directory.remove(numberOf(1))).route, route);
    await assert.rejects(directory.recipient(numberOf(1)), {
        code: "unregistered",
        message: /Enrol a device with it again/,
    });
    const moved = await directory.register(numberOf(1));
    assert.equal((await directory.recipient(numberOf(1))).route, moved.route);
});

scenario("remove: there has to be something to remove", async ({ directory }) => {
    await assert.rejects(directory.remove(numberOf(1)), { code: "unknown_number" });
    await directory.register(numberOf(1));
    await directory.remove(numberOf(1));
    await assert.rejects(directory.remove(numberOf(1)), { code: "unregistered" });
    assert.deepEqual(await directory.list({ limit: 10 }), []);
});

scenario("stale after 30 days without contact, ended after 270", async ({ directory, store, clock }) => {
    const never = (await directory.register(numberOf(1))).registration;
    const { route } = await directory.register(numberOf(2));
    await append(store, messageOf(1, { route: never.route, id: "waiting" }));
    assert.equal(STALE_MS, 30 * 24 * 3_600_000);
    assert.equal(EXPIRED_MS, 270 * 24 * 3_600_000);
    clock.turn(STALE_MS);
    await store.contacts.record(route, { atMs: clock.nowMs() });
    const seen = (await store.registrations.byRoute(route))!;
    assert.equal(directory.stale(never, clock.nowMs()), false);
    clock.turn(1);
    assert.equal(directory.stale(never, clock.nowMs()), true);
    assert.equal(directory.stale(seen, clock.nowMs()), false);
    clock.turn(EXPIRED_MS - STALE_MS - 1);
    assert.deepEqual(await directory.sweep(clock.nowMs()), []);
    clock.turn(1);
    assert.deepEqual(
        (await directory.sweep(clock.nowMs())).map(({ number }) => number),
        [numberOf(1)],
    );
    await assert.rejects(directory.recipient(numberOf(1)), { code: "unregistered", message: /270 days/ });
    assert.equal((await store.receipts.find(idOf("waiting")))?.state, "dropped");
    assert.equal((await directory.recipient(numberOf(2))).route, route);
});

scenario("sweep: ends thirty in batches, and returns them", async ({ directory, clock }) => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => directory.register(numberOf(index))));
    clock.turn(EXPIRED_MS + 1);
    assert.equal((await directory.sweep(clock.nowMs())).length, 30);
    assert.deepEqual(await directory.sweep(clock.nowMs()), []);
});
