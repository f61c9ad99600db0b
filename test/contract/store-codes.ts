import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnrolCode } from "../../gateway/ports/codes.ts";
import { append, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import { ids, type Scene } from "./store-scene.ts";

const VALID_MS = 600_000;
const NUMBER = numberOf(1);

function codeOf(given: Partial<EnrolCode> = {}): EnrolCode {
    return {
        number: NUMBER,
        codeHash: "right",
        createdMs: START_MS,
        expiresMs: START_MS + VALID_MS,
        triesLeft: 100,
        chip: undefined,
        keepBacklog: false,
        ...given,
    };
}

export function testCodes(scene: Scene): void {
    let lastRoute = 100;

    function redeem(
        codeHash: string,
        given: Partial<{ chip: string; atMs: number; index: number; network: string }> = {},
    ) {
        const { chip = "chip1", atMs = START_MS, index = 1, network = "a" } = given;
        const route = routeOf(++lastRoute);
        const registration = registrationOf(index, { route, createdMs: atMs, provisional: true });
        return scene.store.codes.redeem(numberOf(index), codeHash, chip, { network, mostTries: 5 }, registration);
    }

    test("codes: those made since, newest first, of that number", async () => {
        const { store } = scene;
        for (const createdMs of [1, 2, 3]) await store.codes.add(codeOf({ createdMs, codeHash: `hash ${createdMs}` }));
        await store.codes.add(codeOf({ number: numberOf(2), createdMs: 3 }));
        assert.deepEqual(
            (await store.codes.list(NUMBER, 2)).map(({ codeHash }) => codeHash),
            ["hash 3", "hash 2"],
        );
        assert.deepEqual(await store.codes.list(NUMBER, 3), [codeOf({ createdMs: 3, codeHash: "hash 3" })]);
    });

    test("redeem: the right code registers, binds the code to the chip, and is worth nothing to others", async () => {
        await scene.store.codes.add(codeOf());
        const made = await redeem("right");
        assert.equal(made?.registration.number, NUMBER);
        assert.equal(made.registration.provisional, true);
        assert.equal((await scene.store.codes.list(NUMBER, 0))[0]?.chip, "chip1");
        assert.equal(await redeem("right", { chip: "chip2" }), undefined);
        assert.equal((await scene.store.registrations.byNumber(NUMBER))?.route, made.registration.route);
    });

    test("redeem: only until it expires, and only the newest", async () => {
        await scene.store.codes.add(codeOf({ codeHash: "older" }));
        await scene.store.codes.add(codeOf());
        assert.equal(await redeem("older"), undefined);
        assert.equal(await redeem("right", { atMs: START_MS + VALID_MS }), undefined);
        assert.ok(await redeem("right", { atMs: START_MS + VALID_MS - 1 }));
    });

    test("redeem: five wrong tries of a network, and its right one is refused as well, another's is not", async () => {
        await scene.store.codes.add(codeOf());
        for (let count = 0; count < 5; count++) assert.equal(await redeem("wrong"), undefined);
        assert.equal(await redeem("right"), undefined);
        assert.equal(await scene.store.registrations.byNumber(NUMBER), undefined);
        await scene.store.codes.add(codeOf());
        for (let count = 0; count < 4; count++) assert.equal(await redeem("wrong"), undefined);
        assert.ok(await redeem("right"));
        await scene.store.codes.add(codeOf());
        for (let count = 0; count < 50; count++) await redeem("wrong");
        assert.ok(await redeem("right", { network: "b" }));
    });

    test("redeem: as many wrong tries of all networks as it bears, and nobody's right one counts, also after a restart", async () => {
        await scene.store.codes.add(codeOf({ triesLeft: 10 }));
        for (const network of ["a", "b"]) for (let count = 0; count < 5; count++) await redeem("wrong", { network });
        await scene.reopen();
        assert.equal(await redeem("right", { network: "c" }), undefined);
    });

    test("redeem: of five hundred wrong tries at once five count", async () => {
        await scene.store.codes.add(codeOf());
        await Promise.all(Array.from({ length: 500 }, () => redeem("wrong")));
        assert.equal((await scene.store.codes.list(NUMBER, 0))[0]?.triesLeft, 95);
    });

    test("redeem: a number without a code, or unknown, is refused", async () => {
        await scene.store.registrations.register(registrationOf(2));
        assert.equal(await redeem("right", { index: 2 }), undefined);
        assert.equal(await redeem("right", { index: 3 }), undefined);
        assert.equal((await scene.store.registrations.byNumber(numberOf(2)))?.route, routeOf(2));
    });

    test("redeem: of 1,000 chips at the same time one wins", async () => {
        await scene.store.codes.add(codeOf());
        const made = await Promise.all(Array.from({ length: 1_000 }, (_, n) => redeem("right", { chip: `chip${n}` })));
        const winners = made.filter((one) => one !== undefined);
        assert.equal(winners.length, 1);
        assert.equal((await scene.store.registrations.byNumber(NUMBER))?.route, winners[0]?.registration.route);
        assert.equal((await scene.store.registrations.list({ limit: 10 })).length, 1);
    });

    test("redeem: the same chip may come again until it has connected, however late and often", async () => {
        const store = await scene.board();
        await store.codes.add(codeOf());
        assert.equal((await redeem("right"))?.ended?.route, routeOf(1));
        for (let count = 1; count <= 20; count++) {
            const again = await redeem("right", { atMs: START_MS + count * VALID_MS });
            assert.ok(again !== undefined, "its secret may not have reached its flash");
            assert.equal((await store.registrations.byNumber(NUMBER))?.route, again.registration.route);
        }
        const { route, secretHash } = (await store.registrations.byNumber(NUMBER)) ?? registrationOf(1);
        await store.registrations.changeCredentials(route, secretHash, { provisional: false });
        assert.equal(await redeem("right"), undefined, "it has connected: the code is worth nothing");
        assert.equal((await store.registrations.byNumber(NUMBER))?.route, route);
    });

    test("redeem: what another enrolment or an operator did in between is not undone by the same chip", async () => {
        const { store } = scene;
        await store.codes.add(codeOf());
        assert.ok(await redeem("right"));
        await store.registrations.register(registrationOf(1));
        assert.equal(await redeem("right"), undefined);
        assert.equal((await store.registrations.byNumber(NUMBER))?.route, routeOf(1));
    });

    test("redeem: wrong tries at a code that is bound to a chip count for that chip only", async () => {
        await scene.store.codes.add(codeOf());
        assert.ok(await redeem("right"));
        for (let count = 0; count < 10; count++) await redeem("wrong", { chip: "stranger" });
        assert.ok(await redeem("right"), "a stranger cannot strand it");
        for (let count = 0; count < 5; count++) await redeem("wrong");
        assert.equal(await redeem("right"), undefined);
    });

    for (const keepBacklog of [false, true]) {
        test(`redeem: the code decides that the backlog is ${keepBacklog ? "kept" : "dropped"}`, async () => {
            const { store } = scene;
            await store.registrations.register(registrationOf(1));
            await append(store, messageOf(1, { id: "before" }));
            await store.codes.add(codeOf({ keepBacklog }));
            const first = await redeem("right");
            assert.ok(first !== undefined);
            await append(store, messageOf(1, { id: "between", route: first.registration.route }));
            const again = await redeem("right");
            assert.ok(again !== undefined);
            const waiting = await store.backlog.list(again.registration.route, 0, 10);
            const expected = keepBacklog ? ["before", "between"] : ["between"];
            assert.deepEqual(ids(waiting), expected);
        });
    }

    test("unregister: voids the number's codes, and they still count for the limits", async () => {
        const store = await scene.board();
        await store.codes.add(codeOf());
        await store.registrations.unregister(NUMBER, START_MS);
        assert.equal(await redeem("right"), undefined);
        assert.equal((await store.codes.list(NUMBER, START_MS)).length, 1);
    });

    test("forget: old codes go, but not the one that a device may still come back with", async () => {
        const { store } = scene;
        await store.codes.add(codeOf({ number: numberOf(2) }));
        await store.codes.add(codeOf());
        assert.ok(await redeem("right"));
        await store.upkeep.forget(START_MS + 1, 100);
        assert.deepEqual(await store.codes.list(numberOf(2), 0), []);
        assert.ok(await redeem("right"));
    });
}
