import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../gateway/registration.ts";
import { messageOf, numberOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import { sequences, type Scene } from "./store-scene.ts";

const DAY_MS = 86_400_000;
const CAPABILITIES = { runtime: "espruino", firmware: "0.1.0", packetOctets: 1024, window: 2 };

function endpointOf(index: number): Endpoint {
    return { address: "10.0.0.7", port: 1000 + index, sinceMs: START_MS + index, why: "boot" };
}

export function testContacts(scene: Scene): void {
    const endpoint: Endpoint = { address: "10.0.0.7", port: 1000, sinceMs: START_MS, why: "boot" };

    /** A device registers, having handled that sequence in that epoch. @returns whether it got a new epoch */
    async function comes(epoch: number, sequence: number): Promise<boolean> {
        const handled = { epoch, sequence };
        const registration = await scene.store.contacts.record(routeOf(1), { atMs: START_MS, endpoint, handled });
        assert.ok(registration !== undefined && registration.epoch >= epoch);
        return registration.epoch > epoch;
    }

    async function append(messages: number): Promise<void> {
        for (let count = 0; count < messages; count++) await scene.store.backlog.append(messageOf(1));
    }

    test("liveSince: counts registrations in contact since then, and those made since; ended ones are none", async () => {
        const { store } = scene;
        assert.equal(await store.contacts.liveSince(0), 0);
        for (const index of [1, 2, 3, 4]) await store.registrations.register(registrationOf(index));
        await store.contacts.record(routeOf(1), { atMs: START_MS + 10 * DAY_MS });
        await store.registrations.unregister(numberOf(4), START_MS + DAY_MS);
        await store.registrations.register(registrationOf(3, { route: routeOf(5) }));
        assert.equal(await store.contacts.liveSince(START_MS), 3);
        assert.equal(await store.contacts.liveSince(START_MS + 1), 1);
        assert.equal(await store.contacts.liveSince(START_MS + 10 * DAY_MS), 1);
        assert.equal(await store.contacts.liveSince(START_MS + 10 * DAY_MS + 1), 0);
    });

    test("record: keeps the last 20 endpoints, newest first, and what is not given stays", async () => {
        const store = await scene.board();
        await store.contacts.record(routeOf(1), {
            atMs: START_MS,
            capabilities: CAPABILITIES,
            endpoint: endpointOf(0),
        });
        for (let index = 1; index < 25; index++) {
            await store.contacts.record(routeOf(1), { atMs: START_MS + index, endpoint: endpointOf(index) });
        }
        const registration = await store.contacts.record(routeOf(1), { atMs: START_MS + 5 });
        assert.deepEqual(registration?.capabilities, CAPABILITIES);
        assert.deepEqual(registration?.endpoint, endpointOf(24));
        assert.equal(registration?.seenMs, START_MS + 24, "a contact that was written late does not turn it back");
        assert.deepEqual(
            await store.contacts.endpoints(routeOf(1)),
            Array.from({ length: 20 }, (_, index) => endpointOf(24 - index)),
        );
        assert.equal(await store.contacts.record(routeOf(2), { atMs: START_MS }), undefined);
        assert.deepEqual(await store.contacts.endpoints(routeOf(2)), []);
    });

    test("record: an endpoint that is there since the same time as the last one takes its place", async () => {
        const store = await scene.board();
        const [first, second] = [endpointOf(1), endpointOf(2)];
        for (const endpoint of [first, second, { ...second, port: 7 }]) {
            await store.contacts.record(routeOf(1), { atMs: START_MS, endpoint });
        }
        assert.deepEqual(await store.contacts.endpoints(routeOf(1)), [{ ...second, port: 7 }, first]);
    });

    test("record: an epoch that is given is new in any case", async () => {
        const { store } = scene;
        const { registration } = await store.registrations.register(registrationOf(1));
        const later = await store.contacts.record(routeOf(1), { atMs: START_MS, epoch: registration.epoch + 100 });
        assert.equal(later?.epoch, registration.epoch + 100);
        const turnedBack = await store.contacts.record(routeOf(1), { atMs: START_MS, epoch: registration.epoch });
        assert.equal(turnedBack?.epoch, registration.epoch + 101);
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
