import { MAX_PENDING } from "../limits/throttle.ts";
import { RetryLater } from "./errors.ts";

/**
 * Bounds how many requests of each sender are on their way to the store, so that none fills the memory while the disk is slow.
 * @param things their name in the error message
 */
export function createPending(limit = MAX_PENDING, things = "of your messages") {
    const pending = new Map<string, number>();
    return {
        /** @throws RetryLater when the sender has `limit` on their way */
        async run<T>(sender: string, work: () => Promise<T>): Promise<T> {
            const count = pending.get(sender) ?? 0;
            if (count >= limit) {
                throw new RetryLater(
                    "too_many",
                    1,
                    `${limit} ${things} are on their way already: wait for some answers.`,
                );
            }
            pending.set(sender, count + 1);
            try {
                return await work();
            } finally {
                const left = (pending.get(sender) ?? 1) - 1;
                if (left === 0) pending.delete(sender);
                else pending.set(sender, left);
            }
        },
    };
}
