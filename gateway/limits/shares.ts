/** Messages of one sender that may be with the store at once: some ten milliseconds of its time. */
export const MAX_AT_ONCE = 256;

/** Shares the store among senders: what one of them has more is behind its own, and not in front of what others send. */
export interface Shares {
    /** Calls `work` at once, or when enough of what this sender asked for before is done; in the order of the calls. */
    run<T>(sender: string, work: () => Promise<T>): Promise<T>;
}

export function createShares(limit = MAX_AT_ONCE): Shares {
    const senders = new Map<string, { underWay: number; waiting: (() => void)[] }>();
    return {
        async run(sender, work) {
            let share = senders.get(sender);
            if (share === undefined) senders.set(sender, (share = { underWay: 0, waiting: [] }));
            const { waiting } = share;
            if (share.underWay < limit) share.underWay++;
            else await new Promise<void>((resolve) => waiting.push(resolve));
            try {
                return await work();
            } finally {
                const next = waiting.shift();
                if (next !== undefined) next();
                else if (--share.underWay === 0) senders.delete(sender);
            }
        },
    };
}
