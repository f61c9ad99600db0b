import type { OverflowFields } from "../../shared/push/message.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Route } from "../registration.ts";

/** Routes whose overflow is remembered while they are away. The store has it, too. */
const MAX_ROUTES = 10_000;

export interface OverflowTools {
    store: Pick<Store, "backlog">;
    connections: () => Connections;
    /** Lets a write go on by itself. */
    background: (write: Promise<unknown>) => void;
}

/** What full backlogs dropped and their devices were not notified of yet. */
export class Overflows {
    readonly #tools: OverflowTools;
    readonly #routes = new Map<Route, OverflowFields>();

    constructor(tools: OverflowTools) {
        this.#tools = tools;
    }

    note(route: Route, dropped: number[]): void {
        if (dropped.length === 0) return;
        const known = this.#routes.get(route) ?? { o: 0, a: Infinity, z: 0 };
        this.#routes.delete(route);
        this.#routes.set(route, {
            o: known.o + dropped.length,
            a: Math.min(known.a, ...dropped),
            z: Math.max(known.z, ...dropped),
        });
        if (this.#routes.size > MAX_ROUTES) this.#routes.delete(this.#routes.keys().next().value!);
    }

    /** What was dropped in an earlier life of the gateway is in the store only. */
    recall(route: Route, overflow: OverflowFields | undefined): void {
        if (overflow !== undefined && !this.#routes.has(route)) this.#routes.set(route, overflow);
    }

    /** Sends the device what there is. When it cannot be written now, it is sent later. */
    send(route: Route): void {
        const { store, connections, background } = this.#tools;
        const overflow = this.#routes.get(route);
        if (overflow === undefined || !connections().notify(route, Buffer.from(JSON.stringify(overflow)))) return;
        this.#routes.delete(route);
        background(store.backlog.clearOverflow(route, overflow));
    }
}
