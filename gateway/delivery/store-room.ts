import type { Clock } from "../clock.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";
import type { Store } from "../ports/store.ts";

/** How long a receipt can be asked for after its message ended; and when the store is nearly full. */
export const RECEIPT_KEPT_MS = 28 * 86_400_000;
export const RECEIPT_KEPT_CROWDED_MS = 86_400_000;
/** The share of its bound from which the store is nearly full. */
const CROWDED = 0.9;
/** Messages between two looks at the store. For each of them two old rows are forgotten: tidying keeps up with any rate. */
const STEP = 50;
const FORGOTTEN_FOR_EACH = 2;

/** Keeps the store small in step with what is accepted, and within its bound. */
export interface StoreRoom {
    /** To be called before a message is stored. @throws GatewayError unavailable: the store is full */
    check(): void;
    /** To be called after the commit of a message. */
    accepted(): void;
    /** Octets on the disk; and what the store may hold, unless nobody set it and the system does not report the disk's free room. */
    measure(): Promise<{ octets: number; mostOctets: number | undefined }>;
    /** Resolves when nothing is under way. */
    close(): Promise<void>;
}

/** @param mostOctets what the store may hold; by default what it holds at the first look, and half of the room that is left on its disk */
export function createStoreRoom(options: {
    store: Pick<Store, "upkeep">;
    clock: Clock;
    log: Log;
    mostOctets?: number;
}): StoreRoom {
    const { store, clock, log } = options;
    let mostOctets = options.mostOctets;
    let filled = 0;
    let accepted = 0;
    let underWay: Promise<void> | undefined;

    async function measure() {
        const { octets, heldOctets, freeOctets } = await store.upkeep.size();
        if (freeOctets !== undefined) mostOctets ??= heldOctets + Math.floor((octets - heldOctets + freeOctets) / 2);
        filled = mostOctets === undefined ? 0 : heldOctets / mostOctets;
        return { octets, mostOctets };
    }

    async function step(messages: number): Promise<void> {
        const keptMs = filled < CROWDED ? RECEIPT_KEPT_MS : RECEIPT_KEPT_CROWDED_MS;
        await store.upkeep.forget(clock.nowMs() - keptMs, messages * FORGOTTEN_FOR_EACH);
        await measure();
    }

    function begin(): void {
        underWay ??= step(Math.max(STEP, accepted))
            .catch((error: unknown) => log.warn({ error }, "the store could not be tidied up; it is tried again"))
            .finally(() => (underWay = undefined));
        accepted = 0;
    }

    return {
        check() {
            if (filled < 1) return;
            begin();
            const megabytes = Math.floor((mostOctets ?? 0) / 1_048_576);
            throw new GatewayError(
                "unavailable",
                `The store is full: it holds the ${megabytes} megabytes that it may. Raise --store-megabytes if its disk has room, or send less: what ended more than a day ago is forgotten.`,
            );
        },
        accepted() {
            accepted++;
            if (accepted >= STEP && underWay === undefined) begin();
        },
        measure,
        close: async () => underWay,
    };
}
