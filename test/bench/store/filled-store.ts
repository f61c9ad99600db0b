import { openStore } from "../../../gateway/store/open.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { messageOf, registrationOf, routeOf, START_MS } from "../../support/records.ts";
import { seeded } from "../../support/seeded.ts";

/** Calls under way at a time: one commit holds that many. */
const GROUP = 64;
/** As the sweeps of the gateway ask for. */
const EXPIRE_BATCH = 100;
const BODY = "x".repeat(64);
const HOUR_MS = 3_600_000;
const WAITING_MS = 28 * 24 * HOUR_MS;

/** What a store is filled with. */
export interface Filling {
    dir: string;
    numbers: number;
    messages: number;
}

/** The embedded store, through its ports only, with numbers and messages in it. Its messages go to numbers in a random order. */
export class FilledStore {
    readonly #filling: Filling;
    #store: Store | undefined;
    #random = seeded(1);
    #nowMs = START_MS;
    #pending: { number: number; sequence: number }[] = [];

    constructor(filling: Filling) {
        this.#filling = filling;
    }

    /**
     * Registers the numbers, accepts and delivers the messages, leaves one waiting for every other number, and opens the store anew.
     * @returns seconds that the second opening took
     */
    async fill(): Promise<number> {
        const { dir, numbers, messages } = this.#filling;
        const store = await openStore({ dir });
        await inGroups(numbers, async (index) => void (await store.registrations.register(registrationOf(index))));
        this.#store = store;
        for (let left = messages; left > 0; left -= 10_000) {
            await this.append(Math.min(left, 10_000));
            await this.settle();
        }
        await this.append(numbers / 2, WAITING_MS);
        this.#pending = [];
        await store.close();
        const startMs = performance.now();
        this.#store = await openStore({ dir });
        return (performance.now() - startMs) / 1000;
    }

    /** Stores messages. `settle` or `expire` ends them. */
    async append(messages: number, ttlMs = HOUR_MS): Promise<void> {
        this.#nowMs += HOUR_MS;
        await inGroups(messages, async () => {
            const number = this.#random.below(this.#filling.numbers);
            const times = { acceptedMs: this.#nowMs, expiresMs: this.#nowMs + ttlMs };
            const placed = await this.#store!.backlog.append(messageOf(number, { body: BODY, ...times }));
            if (typeof placed === "string") throw new Error(`not appended: ${placed}`);
            this.#pending.push({ number, sequence: placed.sequence });
        });
    }

    /** Delivers what was appended. */
    async settle(): Promise<void> {
        const pending = this.#pending;
        this.#pending = [];
        await inGroups(pending.length, async (index) => {
            const { number, sequence } = pending[index]!;
            const atMs = this.#nowMs + 2;
            await this.#store!.backlog.settle(routeOf(number), sequence, "delivered", atMs, undefined, atMs - 1);
        });
    }

    /** Ends as expired what was appended. @returns milliseconds of the longest batch */
    async expire(): Promise<number> {
        this.#pending = [];
        let longestMs = 0;
        for (let expired = EXPIRE_BATCH; expired === EXPIRE_BATCH;) {
            const startMs = performance.now();
            expired = await this.#store!.backlog.expire(this.#nowMs + 2 * HOUR_MS, EXPIRE_BATCH);
            longestMs = Math.max(longestMs, performance.now() - startMs);
        }
        return longestMs;
    }

    /** What the store does when a board comes back: its secret is looked up, its contact stored, its backlog read. */
    async reconnect(boards: number): Promise<void> {
        await inGroups(boards, async () => {
            const route = routeOf(this.#random.below(this.#filling.numbers));
            const { registrations, contacts, backlog } = this.#store!;
            await registrations.byRoute(route);
            const seen = { address: "10.0.0.7", port: 40_000, deviceAddress: "10.0.0.7", why: "boot" as const };
            await contacts.record(route, { atMs: this.#nowMs, seen });
            await backlog.list(route, 0, 1);
        });
    }
}

/** Calls `each` so often, that many at a time. */
async function inGroups(count: number, each: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const go = async () => {
        while (next < count) await each(next++);
    };
    await Promise.all(Array.from({ length: Math.min(GROUP, count) }, go));
}
