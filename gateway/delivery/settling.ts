import type { Route } from "../registration.ts";

const NONE: ReadonlySet<number> = new Set<number>();

/**
 * Sequences acknowledged and not written down yet, by route. They outlive the connection: the next one must not send them again. A board at
 * rest has none, and costs nothing here.
 */
export class Settling {
    readonly #routes = new Map<Route, Set<number>>();

    of(route: Route): ReadonlySet<number> {
        return this.#routes.get(route) ?? NONE;
    }

    add(route: Route, sequence: number): void {
        const sequences = this.#routes.get(route);
        if (sequences === undefined) this.#routes.set(route, new Set([sequence]));
        else sequences.add(sequence);
    }

    delete(route: Route, sequence: number): void {
        const sequences = this.#routes.get(route);
        sequences?.delete(sequence);
        if (sequences?.size === 0) this.#routes.delete(route);
    }
}
