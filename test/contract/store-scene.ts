import type { E164 } from "../../gateway/number.ts";
import type { Placed } from "../../gateway/ports/backlog.ts";
import type { Store } from "../../gateway/ports/store.ts";
import { append as appendTo, fieldsOf, messageOf, registrationOf, type Given } from "../support/records.ts";

/** How the suite gets at stores of one kind. The same functions are exported by `module`, for tests in a process of their own. */
export interface StoreFactory {
    module: URL;
    /** A place for a store that is empty yet. */
    make(): string;
    open(where: string): Promise<Store>;
    remove(where: string): void;
}

/** What a test of the suite works with: a store without anything in it but settings. */
export interface Scene {
    factory: StoreFactory;
    where: string;
    store: Store;
    /** Registers the numbers with these indices, only the first unless others are given. @returns the store */
    board(...indices: number[]): Promise<Store>;
    /** Registers the first number and appends messages with these ids to it. @returns the store */
    waiting(...ids: string[]): Promise<Store>;
    /** Closes the store and opens it again, as after a restart of the gateway. */
    reopen(): Promise<void>;
}

export function createScene(factory: StoreFactory): Scene {
    const scene = { factory, where: factory.make() } as Scene;
    scene.board = async (...indices) => {
        for (const index of indices.length === 0 ? [1] : indices) {
            await scene.store.registrations.register(registrationOf(index));
        }
        return scene.store;
    };
    scene.waiting = async (...ids) => {
        const store = await scene.board();
        for (const id of ids) await append(store, { id });
        return store;
    };
    scene.reopen = async () => {
        await scene.store.close();
        scene.store = await factory.open(scene.where);
    };
    return scene;
}

/** Appends to the first registration; it has to be there. */
export function append(store: Store, given: Given = {}): Promise<Required<Placed>> {
    return appendTo(store, messageOf(1, given));
}

/** The tags in messages' ids. */
export function ids(list: { id: string }[]): string[] {
    return list.map(({ id }) => id.slice(8));
}

export function sequences(list: { sequence: number }[]): number[] {
    return list.map(({ sequence }) => sequence);
}

export function bodies(list: { content: string }[]): string[] {
    return list.map((message) => fieldsOf(message).b);
}

export function numbers(list: { number: E164 }[]): E164[] {
    return list.map(({ number }) => number);
}
