import type { Store } from "../../gateway/ports.ts";
import { KINDS } from "../../gateway/store/protocol.ts";

/**
 * A store whose disk is slow: calls that arrive together wait together, in their order, before they reach the store behind.
 * @param delayMs how long the next group waits
 * @param broken says before each call whether it fails instead: throw what it shall fail with
 */
export function slowStore(store: Store, delayMs: () => number, broken: (name: keyof Store) => void = () => {}): Store {
    let group: (() => void)[] = [];
    let timer: NodeJS.Timeout | undefined;

    function turn(): Promise<void> {
        return new Promise((go) => {
            group.push(go);
            timer ??= setTimeout(() => {
                const ready = group;
                group = [];
                timer = undefined;
                for (const call of ready) call();
            }, delayMs());
        });
    }

    const calls = (Object.keys(KINDS) as (keyof typeof KINDS)[]).map((name) => [
        name,
        async (...args: unknown[]) => {
            await turn();
            broken(name);
            return (store[name] as (...args: unknown[]) => Promise<unknown>)(...args);
        },
    ]);
    const slow = Object.fromEntries(calls) as Omit<Store, "close">;
    return {
        ...slow,
        async close() {
            await turn();
            await store.close();
        },
    };
}
