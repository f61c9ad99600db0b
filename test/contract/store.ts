import { after, before, beforeEach, suite } from "node:test";
import type { Store } from "../../gateway/ports/store.ts";
import { testCodes } from "./store-codes.ts";
import { testDurability } from "./store-durability.ts";
import { testMessages } from "./store-messages.ts";
import { testRegistrations } from "./store-registrations.ts";
import { testReceipts } from "./store-receipts.ts";
import { testTokens } from "./store-tokens.ts";

/** How the suite gets at stores of one kind. The same functions are exported by `module`, for tests in a process of their own. */
export interface StoreFactory {
    module: URL;
    /** A place for a store that is empty yet. */
    make(): string;
    open(where: string): Promise<Store>;
    remove(where: string): void;
}

/** What a test of the suite works with: a store without anything in it but `meta`. */
export interface Scene {
    factory: StoreFactory;
    where: string;
    store: Store;
    /** Closes the store and opens it again, as after a restart of the gateway. */
    reopen(): Promise<void>;
}

/** The contract of `Store` in gateway/ports.ts. Every implementation passes it. */
export function runStoreSuite({ name, factory }: { name: string; factory: StoreFactory }): void {
    suite(`store contract: ${name}`, () => {
        const scene = { factory, where: factory.make() } as Scene;
        scene.reopen = async () => {
            await scene.store.close();
            scene.store = await factory.open(scene.where);
        };
        before(async () => {
            scene.store = await factory.open(scene.where);
        });
        beforeEach(() => clear(scene.store));
        after(async () => {
            await scene.store.close();
            factory.remove(scene.where);
        });

        testRegistrations(scene);
        testMessages(scene);
        testReceipts(scene);
        testCodes(scene);
        testTokens(scene);
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
