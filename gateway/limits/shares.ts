import { GatewayError } from "../error.ts";

export interface ShareLimits {
    /** calls of one sender under way at once; its further ones wait behind its own, and not in front of what others send */
    atOnce: number;
    /** its calls under way and waiting; beyond that they are refused */
    most: number;
    /** what they are, in the sentence of a refusal */
    things: string;
}

/** Of messages: a list of a thousand numbers at once, some ten milliseconds of the store's time; and a bounded memory while the disk is slow. */
export const MESSAGE_SHARES: ShareLimits = { atOnce: 1_000, most: 4_000, things: "of your messages" };

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
     * Begins a call of a sender, which `leave` has to end. @returns undefined: it goes on at once; else resolves when enough of what this sender
     * asked for before is done, in the order of the calls
     * @throws GatewayError too_many: the sender has too much on its way
     */
    enter(sender: string): Promise<void> | undefined {
        const { atOnce, most, things } = this.#limits;
        let share = this.#senders.get(sender);
        if (share === undefined) this.#senders.set(sender, (share = { underWay: 0, waiting: [] }));
        if (share.underWay + share.waiting.length >= most) {
            throw new GatewayError(
                "too_many",
                `${most} ${things} are on their way already: wait for some answers, then send on.`,
                { retryAfterS: 1 },
            );
        }
        if (share.underWay < atOnce) return void share.underWay++;
        const { waiting } = share;
        return new Promise((resolve) => waiting.push(resolve));
    }

    /** Ends a call that began. */
    leave(sender: string): void {
        const share = this.#senders.get(sender)!;
        const next = share.waiting.shift();
        if (next !== undefined) next();
        else if (--share.underWay === 0) this.#senders.delete(sender);
    }

    /** Calls `work` between `enter` and `leave`. */
    async run<T>(sender: string, work: () => Promise<T>): Promise<T> {
        const wait = this.enter(sender);
        if (wait !== undefined) await wait;
        try {
            return await work();
        } finally {
            this.leave(sender);
        }
    }
}
