import { setImmediate } from "node:timers/promises";
import type { Radio } from "./radio.ts";

/** Time as the board's timers see it: the wall's, or one that a test turns by hand. */
export interface BoardClock {
    nowMs(): number;
    /** @returns a function that takes the call back */
    after(ms: number, call: () => void): () => void;
}

export function wallClock(): BoardClock {
    return {
        nowMs: () => performance.now(),
        after(ms, call) {
            const timer = setTimeout(call, ms);
            return () => clearTimeout(timer);
        },
    };
}

/** A clock that stands still until it is turned: for a device that was started with `clock: "hand"`. */
export class HandClock implements BoardClock {
    private now = 0;
    private waiting: { at: number; call: () => void }[] = [];

    nowMs(): number {
        return this.now;
    }

    after(ms: number, call: () => void): () => void {
        const entry = { at: this.now + ms, call };
        this.waiting.push(entry);
        return () => {
            this.waiting = this.waiting.filter((other) => other !== entry);
        };
    }

    /** Turns it on by so many milliseconds; what is due is called on the way, each at its time. */
    async turn(ms: number, settled: () => Promise<void>): Promise<void> {
        const end = this.now + ms;
        for (;;) {
            await settled();
            const next = this.waiting.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
            if (next === undefined) break;
            this.waiting = this.waiting.filter((entry) => entry !== next);
            this.now = Math.max(this.now, next.at);
            next.call();
        }
        this.now = end;
    }
}

/** Events that one event of the network may cause, one after the other. */
const EVENTS = 4;

/** Turns the hand clock of a board in this process, which has handled all when the radio waits for nothing. */
export async function turnClock(clock: BoardClock, radio: Radio, ms: number): Promise<void> {
    if (!(clock instanceof HandClock)) throw new Error("This board's clock cannot be turned.");
    await clock.turn(ms, async () => {
        do for (let i = 0; i < EVENTS; i++) await setImmediate();
        while (radio.waits && (await radio.quiet()));
    });
}
