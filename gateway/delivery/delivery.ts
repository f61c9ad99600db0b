import type { Receipt } from "../message.ts";
import type { NumberRange } from "../number-range.ts";
import type { Appended } from "../ports/backlog.ts";
import type { ConnectionEvents } from "../ports/connections.ts";
import type { Route } from "../registration.ts";
import { readNack, readRead } from "./board-payloads.ts";
import { BoardConnection } from "./connection.ts";
import { Settling } from "./settling.ts";
import type { DeliveryOptions, DeliveryTools } from "./tools.ts";

/** How often PUBACK deadlines are looked at and failed reads are tried again. */
export const SWEEP_MS = 1_000;

/** The only place that decides when to send. Its state is of connected routes only, bounded for each. */
export interface Delivery extends ConnectionEvents {
    /** To be called after the commit of a message. A `repeated` one changes nothing. @returns whether its device is connected */
    appended(appended: Appended): boolean;
    /** What became of a message, with what was written just now. Undefined: there is no such message, or none to a number of the range. */
    receipt(id: string, range?: NumberRange): Promise<Receipt | undefined>;
    /** The last sequence that was written on a route's connection; 0: there is none. */
    writtenUpTo(route: Route): number;
    /** To be called when the clock was set and the store was asked to follow. */
    clockStepped(): void;
    /** No sweep and no new push after this. Resolves when writes under way have ended. */
    close(): Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
    const { store, connections, clock, log, timers, backoffBase } = options;
    const boards = new Map<Route, BoardConnection>();
    /** writes, and what is to be called when there are none */
    let underWay = 0;
    let idle = () => {};
    const tools: DeliveryTools = { ...options, settling: new Settling(), background };
    const stopSweep = timers.every(SWEEP_MS, sweep);

    function background(write: Promise<unknown>): void {
        const ended = () => void (--underWay === 0 && idle());
        underWay++;
        write.then(ended, (error: unknown) => {
            log.error({ error }, "the store failed; it is tried again");
            ended();
        });
    }

    function sweep(): void {
        if (boards.size > 0) backoffBase(); // so that it is no older than a minute in the next hello
        for (const [route, board] of [...boards]) {
            if (!board.sweep()) connections().close(route, "no PUBACK in time");
        }
    }

    return {
        connected(route, peer) {
            boards.set(route, new BoardConnection(route, peer, tools));
        },
        subscribed: (route) => boards.get(route)?.subscribed(),
        registered: async (route, fields) => boards.get(route)?.registered(fields),
        acknowledged: (route, sequence) => boards.get(route)?.acknowledged(sequence),

        async reported(route, report, payload) {
            const window = boards.get(route)?.window;
            if (report === "read") {
                const sequence = readRead(payload).n;
                window?.handled(sequence);
                return void (await store.receipts.markRead(route, sequence, clock.nowMs()));
            }
            const { n, y } = readNack(payload);
            const sentMs = window?.nacked(n);
            await store.backlog.settle(route, n, y === "expired" ? "expired" : "failed", clock.nowMs(), y, sentMs);
        },

        closed(route) {
            const board = boards.get(route);
            boards.delete(route);
            board?.closed();
        },

        appended({ message, repeated, collapsed, dropped }) {
            const { route, sequence } = message;
            const board = boards.get(route);
            if (repeated) return board !== undefined;
            if (board !== undefined) board.appended(message, collapsed, dropped);
            else if (message.expiresMs <= message.acceptedMs) {
                const why = "the device was not connected";
                background(store.backlog.settle(route, sequence, "expired", clock.nowMs(), why));
            }
            return board !== undefined;
        },

        async receipt(id, range) {
            const receipt = await store.receipts.find(id, range);
            const board = receipt?.state === "accepted" ? boards.get(receipt.route) : undefined;
            if (board === undefined) return receipt;
            board.window.noteSent();
            return store.receipts.find(id, range);
        },

        writtenUpTo: (route) => boards.get(route)?.window.writtenUpTo ?? 0,

        clockStepped() {
            for (const { window } of boards.values()) window.readAgain();
        },

        async close() {
            stopSweep();
            for (const board of boards.values()) board.stop();
            boards.clear();
            if (underWay > 0) await new Promise<void>((resolve) => (idle = resolve));
        },
    };
}
