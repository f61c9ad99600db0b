import { after, before, beforeEach, suite } from "node:test";
import type { Store } from "../../gateway/ports/store.ts";
import { testBacklog } from "./store-backlog.ts";
import { testCodes } from "./store-codes.ts";
import { testContacts } from "./store-contacts.ts";
import { testDurability } from "./store-durability.ts";
import { testOnce } from "./store-once.ts";
import { testReceipts } from "./store-receipts.ts";
import { testRegistrations } from "./store-registrations.ts";
import { createScene, type StoreFactory } from "./store-scene.ts";
import { testSettle } from "./store-settle.ts";
import { testTokens } from "./store-tokens.ts";
import { testUpkeep } from "./store-upkeep.ts";

/** The contract of the ports in gateway/ports. Every implementation passes it. */
export function runStoreSuite({ name, factory }: { name: string; factory: StoreFactory }): void {
    suite(`store contract: ${name}`, () => {
        const scene = createScene(factory);
        before(async () => {
            scene.store = await factory.open(scene.where);
        });
        beforeEach(() => clear(scene.store));
        after(async () => {
            await scene.store.close();
            factory.remove(scene.where);
        });

        testRegistrations(scene);
        testContacts(scene);
        testBacklog(scene);
        testOnce(scene);
        testSettle(scene);
        testReceipts(scene);
        testCodes(scene);
        testTokens(scene);
        testUpkeep(scene);
        testDurability(scene);
    });
}

/** Ends and forgets what the test before has left: a store for each would take a thread and a second each. */
async function clear(store: Store): Promise<void> {
    const everMs = Number.MAX_SAFE_INTEGER;
    while ((await store.registrations.retire(everMs, 0, 1_000)).length > 0);
    while ((await store.upkeep.forget(everMs, 10_000)) > 0);
    for (const { id } of await store.tokens.list()) await store.tokens.remove(id);
}
