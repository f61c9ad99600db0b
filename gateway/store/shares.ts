import type { BacklogSize } from "../ports/backlog.ts";
import type { Route } from "../registration.ts";
import type { Place } from "./places.ts";
import { optional, type Sql } from "./sql.ts";

/** Undefined: the sender of messages of an older schema, which did not know it. */
type Sender = string | undefined;

/** Backlogs whose shares are remembered. */
const MAX_ROUTES = 1_000;
/** Counting takes a millisecond, so shares that are wrong by less than one part in so many are not counted again. */
const TOLERANCE = 16;

/** What each sender holds of the backlogs that overflowed lately. Only what overflow itself changes is followed; the rest shows in the sum. */
export class Shares {
    readonly #sql: Sql;
    readonly #routes = new Map<Route, Map<Sender, BacklogSize>>();

    constructor(sql: Sql) {
        this.#sql = sql;
    }

    /** A message came into a backlog (`by` 1), or was dropped (-1). */
    note(route: Route, sender: Sender, octets: number, by: 1 | -1): void {
        const shares = this.#routes.get(route);
        if (shares === undefined) return;
        const share = shares.get(sender) ?? { messages: 0, octets: 0 };
        shares.set(sender, { messages: share.messages + by, octets: share.octets + by * octets });
    }

    /** Who holds most messages or most octets of a backlog. @param sender who goes before others that hold the same */
    largest(place: Place, what: keyof BacklogSize, sender: string): Sender {
        const known = this.#routes.get(place.route);
        const shares = known !== undefined && isNear(known, place, what) ? known : this.#count(place);
        const held = (one: Sender) => shares.get(one)?.[what] ?? 0;
        return [...shares.keys()].reduce((one, other) => (held(other) > held(one) ? other : one), sender as Sender);
    }

    forget(route: Route): void {
        this.#routes.delete(route);
    }

    #count({ route, num }: Place): Map<Sender, BacklogSize> {
        const rows = this.#sql.all(
            `SELECT sender, count(*) AS messages, sum(octets) AS octets FROM messages WHERE place = ? AND ended_ms IS NULL GROUP BY sender`,
            num,
        );
        const shares = new Map(
            rows.map((row) => [
                optional<string>(row.sender),
                { messages: row.messages as number, octets: row.octets as number },
            ]),
        );
        this.#routes.set(route, shares);
        if (this.#routes.size > MAX_ROUTES) this.#routes.delete(this.#routes.keys().next().value!);
        return shares;
    }
}

function isNear(shares: Map<Sender, BacklogSize>, size: BacklogSize, what: keyof BacklogSize): boolean {
    const sum = [...shares.values()].reduce((held, share) => held + share[what], 0);
    return Math.abs(sum - size[what]) * TOLERANCE <= size[what];
}
