import type { Clock, ClockStep } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Receipt } from "../message.ts";
import type { NumberRange } from "../number-range.ts";
import type { Appended } from "../ports/backlog.ts";
import type { ConnectionEvents, Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Route } from "../registration.ts";
import type { Timers } from "../system/timers.ts";
import type { BackoffBase } from "./backoff-base.ts";
import { readNack, readRead } from "./board-payloads.ts";
import { BoardConnection, type ConnectionTools } from "./connection.ts";
import { Overflows } from "./overflows.ts";
import { Settling } from "./settling.ts";

/** How often PUBACK deadlines are looked at and failed reads are tried again. */
export const SWEEP_MS = 1_000;

export interface DeliveryOptions {
    store: Pick<Store, "contacts" | "backlog" | "receipts">;
    /** asked for at each use, because connections take delivery as an argument */
    connections: () => Connections;
    clock: Clock;
    log: Log;
    timers: Timers;
    backoffBase: BackoffBase;
}

/** The only place that decides when to send. Its state is of connected routes only, bounded for each. */
export interface Delivery extends ConnectionEvents {
    /** To be called after the commit of a message. A `repeated` one changes nothing. @returns whether its device is connected */
    appended(appended: Appended): boolean;
    /** What became of a message, with what was written just now. Undefined: there is no such message, or none to a number of the range. */
    receipt(id: string, range?: NumberRange): Promise<Receipt | undefined>;
    /** The last sequence that was written on a route's connection; 0: there is none. */
    writtenUpTo(route: Route): number;
    /** To be called when the clock was set and the store was asked to follow. */
    clockStepped(step: ClockStep): void;
    /** No sweep and no new push after this. Resolves when writes under way have ended. */
    close(): Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
    const { store, connections, clock, log, timers, backoffBase } = options;
    const boards = new Map<Route, BoardConnection>();
    const settling = new Settling();
    /** writes, and what is to be called when there are none */
    let underWay = 0;
    let idle = () => {};
    const overflows = new Overflows({ store, connections, background });
    const tools: ConnectionTools = {
        store,
        connections,
        clock,
        timers,
        log,
        settling,
        background,
        overflows,
        backoffBase,
    };
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
        if (boards.size > 0) backoffBase.known(); // so that it is no older than a minute in the next hello
        for (const [route, board] of [...boards]) {
            if (!board.sweep()) connections().close(route, "no PUBACK in time");
        }
    }

    async function markRead(route: Route, sequence: number): Promise<void> {
        const board = boards.get(route);
        await board?.stored(); // which settles a push whose PUBACK was lost with another connection
        await board?.window.whenOver(sequence); // a handler may report before its PUBACK
        await store.receipts.markRead(route, sequence, clock.nowMs());
    }

    return {
        connected(route, peer) {
            boards.set(route, new BoardConnection(route, peer, tools));
        },
        subscribed: (route) => boards.get(route)?.subscribed(),
        registered: async (route, fields) => boards.get(route)?.registered(fields),
        acknowledged: (route, sequence) => boards.get(route)?.acknowledged(sequence),

        async reported(route, report, payload) {
            if (report === "read") return markRead(route, readRead(payload).n);
            const { n, y } = readNack(payload);
            const sentMs = boards.get(route)?.window.nacked(n);
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
            overflows.note(route, dropped);
            if (board !== undefined) board.appended(message, [...collapsed, ...dropped]);
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

        clockStepped(step) {
            for (const { window } of boards.values()) window.clockStepped(step);
        },

        async close() {
            stopSweep();
            for (const board of boards.values()) board.stop();
            boards.clear();
            if (underWay > 0) await new Promise<void>((resolve) => (idle = resolve));
        },
    };
}
