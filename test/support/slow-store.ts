import type { PlainStore, Store } from "../../gateway/ports/store.ts";
import type { CallName } from "../../gateway/store/protocol.ts";
import { remember } from "../../gateway/store/remember.ts";

/**
 * A store whose disk is slow: calls that arrive together wait together, in their order, before they reach the store behind.
 * @param delayMs how long the next group waits
 * @param broken called before each call: throws what the call shall fail with
 */
export function slowStore(store: Store, delayMs: () => number, broken: (name: CallName) => void = () => {}): Store {
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

    type Port = Record<string, (...args: unknown[]) => Promise<unknown>>;
    const ports: Record<string, Port> = {};
    for (const [name, port] of Object.entries(store) as [string, unknown][]) {
        if (name !== "close" && name !== "recipients") ports[name] = slowPort(name, port as Port);
    }

    function slowPort(name: string, port: Port): Port {
        const slow: Port = {};
        for (const [call, run] of Object.entries(port)) {
            slow[call] = async (...args) => {
                await turn();
                broken(`${name}.${call}` as CallName);
                return run(...args);
            };
        }
        return slow;
    }

    return remember({
        ...(ports as unknown as PlainStore),
        async close() {
            await turn();
            await store.close();
        },
    });
}
