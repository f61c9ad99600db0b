import assert from "node:assert/strict";
import { test } from "node:test";
import { createStoreRoom, RECEIPT_KEPT_CROWDED_MS, RECEIPT_KEPT_MS } from "../../../gateway/delivery/store-room.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { append, messageOf, registrationOf, routeOf } from "../../support/records.ts";
import { handClock, withStore, type HandClock } from "../../support/store-for-tests.ts";

const log = { info() {}, warn: (fields: object) => assert.fail(JSON.stringify(fields)), error() {} };
const MIB = 1_048_576;

function scenario(name: string, play: (scene: ReturnType<typeof openScene>) => Promise<void>): void {
    test(`store room: ${name}`, () => withStore((store) => play(openScene(store, handClock()))));
}

function openScene(store: Store, clock: HandClock) {
    const room = createStoreRoom({ store, clock, log, mostOctets: MIB });
    const ids: string[] = [];
    let registered: Promise<unknown> | undefined;
    return {
        store,
        clock,
        room,
        /** Messages that are accepted, and end at once. */
        async pass(count: number, body = "hello") {
            await (registered ??= store.registrations.register(registrationOf(1)));
            for (let passed = 0; passed < count; passed++) {
                const atMs = clock.nowMs();
                const { id, sequence } = await append(
                    store,
                    messageOf(1, { body, acceptedMs: atMs, expiresMs: atMs + 1 }),
                );
                ids.push(id);
                await store.backlog.settle(routeOf(1), sequence, "failed", atMs, "x".repeat(200));
                room.accepted();
                await room.close(); // what it began
            }
        },
        async remembered() {
            const receipts = await Promise.all(ids.map((id) => store.receipts.find(id)));
            return receipts.filter((receipt) => receipt !== undefined).length;
        },
    };
}

scenario("what ended long ago is forgotten in step with what is accepted, twice as fast", async (scene) => {
    await scene.pass(300);
    scene.clock.turn(RECEIPT_KEPT_MS);
    await scene.pass(99);
    assert.equal(await scene.remembered(), 399, "not a millisecond too early");
    scene.clock.turn(1);
    await scene.pass(1);
    assert.equal(await scene.remembered(), 300);
    await scene.pass(100);
    assert.equal(await scene.remembered(), 200);
});

scenario("beyond its bound it takes nothing; what ended a day ago makes room", async (scene) => {
    const { room, clock, store } = scene;
    room.check();
    while (await scene.pass(50).then(() => isOpen(room)));
    const { heldOctets } = await store.upkeep.size();
    assert.ok(heldOctets >= MIB && heldOctets < 1.2 * MIB, `${heldOctets}`);
    assert.throws(() => room.check(), {
        code: "unavailable",
        message: /full: it holds the 1 megabytes .*--store-megabytes/,
    });
    clock.turn(RECEIPT_KEPT_CROWDED_MS + 1);
    for (let asked = 0; !isOpen(room); asked++) {
        assert.ok(asked < 50);
        await room.close();
    }
});

scenario("the bound is half of the room on the disk, where nobody set one", async ({ store, clock }) => {
    const room = createStoreRoom({ store, clock, log });
    const { octets, heldOctets, freeOctets = 0 } = await store.upkeep.size();
    const { mostOctets = 0 } = await room.measure();
    const wanted = heldOctets + (octets - heldOctets + freeOctets) / 2;
    assert.ok(Math.abs(mostOctets - wanted) < 0.1 * wanted, "others use the disk, too");
    assert.equal((await room.measure()).mostOctets, mostOctets, "set once");
});

function isOpen(room: { check(): void }): boolean {
    try {
        room.check();
        return true;
    } catch {
        return false;
    }
}
