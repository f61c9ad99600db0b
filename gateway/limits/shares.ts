import { GatewayError } from "../error.ts";

export interface ShareLimits {
    /** calls of one sender under way at once; its further ones wait behind its own, and not in front of what others send */
    atOnce: number;
    /** its calls under way and waiting; beyond that they are refused */
    most: number;
    /** what they are, in the sentence of a refusal */
    things: string;
}

/** Of messages: some ten milliseconds of the store's time at once, and a bounded memory while the disk is slow. */
export const MESSAGE_SHARES: ShareLimits = { atOnce: 256, most: 1_000, things: "of your messages" };

interface Share {
    underWay: number;
    waiting: (() => void)[];
}

/** What each sender may have under way. */
export class Shares {
    readonly #limits: ShareLimits;
    readonly #senders = new Map<string, Share>();

    constructor(limits: ShareLimits) {
        this.#limits = limits;
    }

    /**
     * Calls `work` at once, or when enough of what this sender asked for before is done; in the order of the calls.
     * @throws GatewayError too_many: the sender has too much on its way
     */
    async run<T>(sender: string, work: () => Promise<T>): Promise<T> {
        const { atOnce, most, things } = this.#limits;
        const share = this.#senders.get(sender) ?? { underWay: 0, waiting: [] };
        if (share.underWay + share.waiting.length >= most) {
            throw new GatewayError(
                "too_many",
                `${most} ${things} are on their way already: wait for some answers, then send on.`,
                { retryAfterS: 1 },
            );
        }
        this.#senders.set(sender, share);
        if (share.underWay < atOnce) share.underWay++;
        else await new Promise<void>((resolve) => share.waiting.push(resolve));
        try {
            return await work();
        } finally {
            const next = share.waiting.shift();
            if (next !== undefined) next();
            else if (--share.underWay === 0) this.#senders.delete(sender);
        }
    }
}
