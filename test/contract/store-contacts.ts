import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint, Seen } from "../../gateway/registration.ts";
import { idOf, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import { sequences, type Scene } from "./store-scene.ts";

const DAY_MS = 86_400_000;
const CAPABILITIES = { runtime: "espruino", firmware: "0.1.0", packetOctets: 1024, window: 2 };

/** Each index is another endpoint. */
function seenAt(index: number): Seen {
    return { address: `10.0.0.${index}`, port: 1000 + index, why: "boot" };
}

export function testContacts(scene: Scene): void {
    /** A device registers, having handled that sequence in that epoch. @returns whether it got a new epoch */
    async function comes(epoch: number, sequence: number): Promise<boolean> {
        const handled = { epoch, sequence };
        const contacted = await scene.store.contacts.record(routeOf(1), { atMs: START_MS, seen: seenAt(1), handled });
        assert.ok(contacted !== undefined && contacted.epoch >= epoch);
        return contacted.epoch > epoch;
    }

    async function append(messages: number): Promise<void> {
        for (let count = 0; count < messages; count++) await scene.store.backlog.append(messageOf(1));
    }

    test("liveSince: counts registrations in contact since then, and those made since; ended ones are none", async () => {
        const { store } = scene;
        assert.equal(await store.contacts.liveSince(0, 100), 0);
        for (const index of [1, 2, 3, 4]) await store.registrations.register(registrationOf(index));
        await store.contacts.record(routeOf(1), { atMs: START_MS + 10 * DAY_MS });
        await store.registrations.unregister(numberOf(4), START_MS + DAY_MS);
        await store.registrations.register(registrationOf(3, { route: routeOf(5) }));
        assert.equal(await store.contacts.liveSince(START_MS, 100), 3);
        assert.equal(await store.contacts.liveSince(START_MS, 2), 2, "more are not counted");
        assert.equal(await store.contacts.liveSince(START_MS + 1, 100), 1);
        assert.equal(await store.contacts.liveSince(START_MS + 10 * DAY_MS, 100), 1);
        assert.equal(await store.contacts.liveSince(START_MS + 10 * DAY_MS + 1, 100), 0);
    });

    test("record: keeps the last 20 endpoints, newest first, and what is not given stays", async () => {
        const store = await scene.board();
        const { epoch } = (await store.registrations.byRoute(routeOf(1)))!;
        for (let index = 0; index < 25; index++) {
            const contact = { atMs: START_MS + index, seen: seenAt(index) };
            await store.contacts.record(routeOf(1), index === 0 ? { ...contact, capabilities: CAPABILITIES } : contact);
        }
        const contacted = await store.contacts.record(routeOf(1), { atMs: START_MS + 5 });
        assert.deepEqual(contacted, { number: numberOf(1), epoch, waiting: 0, overflow: undefined });
        const endpointOf = (index: number): Endpoint => ({ ...seenAt(index), sinceMs: START_MS + index });
        const registration = await store.registrations.byRoute(routeOf(1));
        assert.deepEqual(registration?.capabilities, CAPABILITIES);
        assert.deepEqual(registration?.endpoint, endpointOf(24));
        assert.equal(registration?.seenMs, START_MS + 24, "a contact that was written late does not turn it back");
        assert.deepEqual(
            await store.contacts.endpoints(routeOf(1)),
            Array.from({ length: 20 }, (_, index) => endpointOf(24 - index)),
        );
        assert.equal(await store.contacts.record(routeOf(2), { atMs: START_MS, seen: seenAt(1) }), undefined);
        assert.deepEqual(await store.contacts.endpoints(routeOf(2)), []);
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.deepEqual(await store.contacts.endpoints(routeOf(1)), []);
    });

    test("record: another port is no other endpoint, but the port is the one of the last contact", async () => {
        const store = await scene.board();
        for (const [index, port] of [
            [1, 7],
            [2, 8],
            [2, 9],
        ] as const) {
            await store.contacts.record(routeOf(1), { atMs: START_MS + port, seen: { ...seenAt(index), port } });
        }
        assert.deepEqual(await store.contacts.endpoints(routeOf(1)), [
            { ...seenAt(2), port: 9, sinceMs: START_MS + 8 },
            { ...seenAt(1), port: 7, sinceMs: START_MS + 7 },
        ]);
    });

    test("record: what the device reports as handled ends as delivered, and what waits is counted", async () => {
        const store = await scene.waiting("a", "b", "c");
        await store.backlog.markSent(routeOf(1), 2, START_MS);
        const { epoch } = (await store.registrations.byRoute(routeOf(1)))!;
        const waiting = async (handled?: { epoch: number; sequence: number }) =>
            (await store.contacts.record(routeOf(1), { atMs: START_MS, handled }))?.waiting;
        assert.equal(await waiting(), 3);
        assert.equal(await waiting({ epoch: epoch - 1, sequence: 2 }), 3, "a sequence of another numbering");
        assert.equal(await waiting({ epoch, sequence: 2 }), 1);
        assert.deepEqual(sequences(await store.backlog.list(routeOf(1), 0, 10)), [3]);
        const states = ["a", "b", "c"].map(async (id) => (await store.receipts.find(idOf(id)))?.state);
        assert.deepEqual(await Promise.all(states), ["delivered", "delivered", "accepted"], "noted as sent or not");
    });

    test("epoch: through restarts and whatever is sent meanwhile, a device keeps its numbering", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        assert.equal(await comes(epoch, 0), false);
        await append(5);
        assert.equal(await comes(epoch, 5), false);
        await scene.reopen();
        await append(5);
        await scene.reopen();
        await append(5);
        assert.equal(await comes(epoch, 5), false);
        assert.equal(await comes(epoch, 15), false);
    });

    test("epoch: a device that has seen more than was ever given gets a new one", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await append(5);
        assert.equal(await comes(epoch, 0), false);
        assert.equal(await comes(epoch, 6), true);
        assert.equal(await comes(epoch, 6), true, "a sequence of the old epoch means nothing in the new one");
    });

    test("epoch: a restored store is found out also when it has given the same sequences again", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await comes(epoch, 0);
        await append(5);
        await comes(epoch, 5);
        // The store that goes on from here was put back from a backup; the device went on to sequence 8 with the one that is lost.
        await scene.reopen();
        await append(5);
        await scene.reopen();
        await append(5);
        assert.equal(await comes(epoch, 8), true);
    });

    test("epoch: what a restored store still has of the time before its copy was dealt with; what came later was not", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await comes(epoch, 0);
        await append(5);
        await scene.store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        // The copy is of this moment: 2 to 5 wait. The device went on to sequence 8 with the store that is lost.
        await scene.reopen();
        await append(4);
        assert.equal(await comes(epoch, 8), true);
        const waiting = await scene.store.backlog.list(routeOf(1), 0, 100);
        assert.deepEqual(
            sequences(waiting),
            [6, 7, 8, 9],
            "these are other messages than those that the device has seen by their sequences",
        );
    });

    test("epoch: a device that was away across restarts before the copy is sent again what may be another message", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await append(2);
        await comes(epoch, 0);
        await scene.reopen();
        await append(3); // the copy may be of this moment, or of the one before
        await scene.reopen();
        assert.equal(await comes(epoch, 8), true);
        const waiting = await scene.store.backlog.list(routeOf(1), 0, 100);
        assert.deepEqual(sequences(waiting), [3, 4, 5], "rather twice than never");
    });
}
