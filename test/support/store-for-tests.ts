import type { Store } from "../../gateway/ports/store.ts";
import { make, open, remove } from "./embedded-store.ts";
import { START_MS } from "./records.ts";

/** A clock that a test turns. */
export interface HandClock {
    nowMs(): number;
    turn(ms: number): void;
}

export function handClock(startMs = START_MS): HandClock {
    let now = startMs;
    return { nowMs: () => now, turn: (ms) => void (now += ms) };
}

/** An embedded store in a folder of its own; the end of `use` closes it and removes the folder. */
export async function withStore(use: (store: Store, dir: string) => Promise<void>): Promise<void> {
    const dir = make();
    const store = await open(dir);
    try {
        await use(store, dir);
    } finally {
        await store.close();
        remove(dir);
    }
}
