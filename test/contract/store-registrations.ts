import assert from "node:assert/strict";
import { test } from "node:test";
import type { RegistrationPage } from "../../gateway/ports/registrations.ts";
import { START_MS, append, fieldsOf, idOf, messageOf, numberOf, registrationOf, routeOf } from "../support/records.ts";
import { numbers, type Scene } from "./store-scene.ts";

const DAY_MS = 86_400_000;

export function testRegistrations(scene: Scene): void {
    test("register: found by its number and by its route, and by nothing else", async () => {
        const { store } = scene;
        const { registration, ended } = await store.registrations.register(
            registrationOf(1, { label: "kitchen \u0000 é" }),
        );
        assert.equal(ended, undefined);
        assert.equal(registration.label, "kitchen \u0000 é");
        assert.equal(registration.lastSequence, 0);
        assert.equal(registration.seenMs, undefined);
        assert.deepEqual(await store.registrations.byNumber(numberOf(1)), registration);
        assert.deepEqual(await store.registrations.byRoute(routeOf(1)), registration);
        assert.equal(await store.registrations.byNumber(numberOf(2)), undefined);
        assert.equal(await store.registrations.byRoute(routeOf(2)), undefined);
    });

    test("register: anew ends the registration before, whose route never comes back", async () => {
        const { store } = scene;
        const first = await store.registrations.register(registrationOf(1, { label: "kitchen" }));
        const second = await store.registrations.register(registrationOf(1, { route: routeOf(2) }));
        assert.equal(second.ended?.route, routeOf(1));
        assert.equal(second.registration.label, "kitchen", "the label stays with the number");
        assert.ok(second.registration.epoch > first.registration.epoch, "an epoch of its own, also within one second");
        assert.equal(await store.registrations.byRoute(routeOf(1)), undefined);
        assert.equal((await store.registrations.byNumber(numberOf(1)))?.route, routeOf(2));
        assert.equal(await store.backlog.append(messageOf(1)), "unregistered");
        await assert.rejects(store.registrations.register(registrationOf(3, { route: routeOf(1) })));
        assert.equal(await store.registrations.byNumber(numberOf(3)), undefined);
    });

    test("register: the backlog of the registration before is dropped", async () => {
        const store = await scene.board();
        const { id } = await append(store, messageOf(1));
        await store.registrations.register(registrationOf(1, { route: routeOf(2), backlog: "drop" }));
        assert.deepEqual(await store.backlog.list(routeOf(2), 0, 10), []);
        assert.deepEqual(await store.backlog.size(routeOf(2)), { messages: 0, octets: 0 });
        const receipt = await store.receipts.find(id);
        assert.equal(receipt?.state, "dropped");
        assert.match(receipt?.history.at(-1)?.why ?? "", /registered anew/);
    });

    test("register: the backlog of the registration before is kept, in its order, counted from 1", async () => {
        const store = await scene.board();
        for (const body of ["gone", "a", "b", "c"]) await append(store, messageOf(1, { body, id: `id ${body}` }));
        await store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        await store.backlog.markSent(routeOf(1), 2, START_MS);
        await store.registrations.register(registrationOf(1, { route: routeOf(2), backlog: "keep" }));
        const moved = await store.backlog.list(routeOf(2), 0, 10);
        assert.deepEqual(
            moved.map((message) => [fieldsOf(message).b, message.sequence, message.state, message.route]),
            ["a", "b", "c"].map((body, index) => [body, index + 1, "accepted", routeOf(2)]),
        );
        assert.deepEqual(await store.backlog.size(routeOf(2)), { messages: 3, octets: 300 });
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 0, octets: 0 });
        assert.equal((await store.receipts.find(idOf("id b")))?.sequence, 2);
        assert.equal((await append(store, messageOf(2))).sequence, 4);
        assert.equal(await store.backlog.settle(routeOf(2), 1, "delivered", START_MS), true);
        assert.equal((await store.receipts.find(idOf("id a")))?.state, "delivered");
    });

    test("register: returns how many messages it dropped, those accepted beside it included", async () => {
        const { store } = scene;
        assert.equal((await store.registrations.register(registrationOf(1))).dropped, 0);
        await store.backlog.append(messageOf(1));
        const [, , { dropped }, late] = await Promise.all([
            store.backlog.append(messageOf(1)),
            store.backlog.append(messageOf(1)),
            store.registrations.register(registrationOf(1, { route: routeOf(2) })),
            store.backlog.append(messageOf(1)),
        ]);
        assert.deepEqual([dropped, late], [3, "unregistered"]);
        await store.backlog.append(messageOf(2, { to: numberOf(1) }));
        const kept = await store.registrations.register(registrationOf(1, { route: routeOf(3), backlog: "keep" }));
        assert.equal(kept.dropped, 0);
    });

    test("list: in the order of their numbers, page by page", async () => {
        const store = await scene.board(5, 3, 1, 4, 2);
        await store.registrations.unregister(numberOf(2), START_MS);
        const first = await store.registrations.list({ limit: 2 });
        assert.deepEqual(numbers(first), [numberOf(1), numberOf(3)]);
        const rest = await store.registrations.list({ after: numberOf(3), limit: 10 });
        assert.deepEqual(numbers(rest), [numberOf(4), numberOf(5)]);
    });

    test("list: of a range, which no page leaves", async () => {
        const store = await scene.board(5, 3, 1, 4, 2);
        const pages: [page: RegistrationPage, indices: number[]][] = [
            [{ from: numberOf(2), below: numberOf(5), limit: 10 }, [2, 3, 4]],
            [{ from: numberOf(2), below: numberOf(5), limit: 2 }, [2, 3]],
            [{ from: numberOf(2), below: numberOf(5), after: numberOf(1), limit: 1 }, [2]],
            [{ from: numberOf(2), below: numberOf(5), after: numberOf(2), limit: 10 }, [3, 4]],
            [{ from: numberOf(2), below: numberOf(5), after: numberOf(4), limit: 10 }, []],
            [{ from: numberOf(2), below: numberOf(5), after: numberOf(5), limit: 10 }, []],
            [{ from: numberOf(3), below: `${numberOf(3)}0`, limit: 10 }, [3]],
            [{ from: `${numberOf(3)}0`, below: `${numberOf(3)}:`, limit: 10 }, []],
        ];
        for (const [page, indices] of pages) {
            const found = await store.registrations.list(page);
            assert.deepEqual(numbers(found), indices.map(numberOf), JSON.stringify(page));
        }
    });

    test("unregister: ends the registration, drops its backlog, and is remembered until the number comes back", async () => {
        const { store } = scene;
        assert.equal(await store.registrations.unregister(numberOf(1), START_MS), undefined);
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), false);
        await store.registrations.register(registrationOf(1));
        await append(store, messageOf(1, { id: "waiting" }));
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), false);
        assert.equal((await store.registrations.unregister(numberOf(1), START_MS))?.route, routeOf(1));
        assert.equal(await store.registrations.byNumber(numberOf(1)), undefined);
        assert.equal(await store.registrations.byRoute(routeOf(1)), undefined);
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), true);
        assert.equal((await store.receipts.find(idOf("waiting")))?.state, "dropped");
        assert.deepEqual(await store.backlog.list(routeOf(1), 0, 10), []);
        await store.registrations.register(registrationOf(1, { route: routeOf(2) }));
        assert.equal(await store.registrations.wasRegistered(numberOf(1)), false);
    });

    test("retire: ends what had no contact since, at most so many; what never had any counts from its making", async () => {
        const store = await scene.board(1, 2, 3, 4);
        await store.contacts.record(routeOf(1), { atMs: START_MS + 10 * DAY_MS });
        await append(store, messageOf(2, { id: "waiting" }));
        const before = START_MS + DAY_MS;
        assert.equal((await store.registrations.retire(before, before, 2)).length, 2);
        assert.equal((await store.registrations.retire(before, before, 2)).length, 1);
        assert.equal((await store.registrations.retire(before, before, 2)).length, 0);
        assert.deepEqual(numbers(await store.registrations.list({ limit: 10 })), [numberOf(1)]);
        assert.equal((await store.receipts.find(idOf("waiting")))?.state, "dropped");
        assert.equal(await store.registrations.wasRegistered(numberOf(2)), true);
    });

    test("credentials: what byRoute has of them", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1, { provisional: true }));
        await store.registrations.changeCredentials(routeOf(1), "hash 1", { nextSecretHash: "next" });
        assert.deepEqual(await store.registrations.credentials(routeOf(1)), {
            route: routeOf(1),
            number: numberOf(1),
            secretHash: "hash 1",
            nextSecretHash: "next",
            provisional: true,
        });
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.equal(await store.registrations.credentials(routeOf(1)), undefined);
    });

    test("setLabel: the number's registration has another label, or none; false when nobody has the number", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1, { label: "kitchen" }));
        await store.registrations.register(registrationOf(2, { label: "hall" }));
        for (const label of ["bath \u0000 é", undefined]) {
            assert.equal(await store.registrations.setLabel(numberOf(1), label), true);
            assert.equal((await store.registrations.byNumber(numberOf(1)))?.label, label);
        }
        assert.equal((await store.registrations.byNumber(numberOf(2)))?.label, "hall");
        assert.equal(await store.registrations.setLabel(numberOf(3), "x"), false);
    });

    test("changeCredentials: only what is given, and only while the secret is the expected one", async () => {
        const { store } = scene;
        await store.registrations.register(registrationOf(1, { provisional: true }));
        assert.equal(await store.registrations.changeCredentials(routeOf(1), "another", { provisional: false }), false);
        assert.equal(
            await store.registrations.changeCredentials(routeOf(1), "hash 1", { nextSecretHash: "next" }),
            true,
        );
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.nextSecretHash, "next");
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.provisional, true);
        const change = { secretHash: "next", nextSecretHash: null, provisional: false };
        assert.deepEqual(
            await Promise.all([1, 2].map(() => store.registrations.changeCredentials(routeOf(1), "hash 1", change))),
            [true, false],
        );
        const registration = await store.registrations.byRoute(routeOf(1));
        assert.equal(registration?.secretHash, "next");
        assert.equal(registration?.nextSecretHash, undefined);
        assert.equal(registration?.provisional, false);
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.equal(await store.registrations.changeCredentials(routeOf(1), "next", { provisional: true }), false);
    });
}
