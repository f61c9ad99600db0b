import type { BacklogSize } from "../ports/backlog.ts";
import type { Route } from "../registration.ts";
import type { Sql } from "./sql.ts";

/**
 * How a store that was restored from a backup is found out. A device that has seen sequence 110 would take the restored store's next 110 for
 * an old one and not show it. So each registration remembers the last sequence that its device can have seen: all of them while it has
 * registered in this start of the gateway (`met_start`), otherwise those given before the first one that it has not been there for
 * (`unmet_sequence`). A device that has seen more has it from a future that this file does not know. In that future the sequences up to there
 * were the same messages, for both have them from the file that was copied: what still waits of them here was dealt with there.
 */

/** What a message is given, and what waited before it. */
export interface Place extends BacklogSize {
    sequence: number;
}

/** The next place in the backlog of a route. Undefined: no such registration. @param start which start of the gateway this is, 1 and up */
export function nextPlace(sql: Sql, start: number, route: Route): Place | undefined {
    const row = sql.get(
        `UPDATE registrations SET last_sequence = last_sequence + 1,
            unmet_sequence = CASE WHEN met_start = ? THEN NULL ELSE coalesce(unmet_sequence, last_sequence) END
            WHERE route = ? AND ended_ms IS NULL RETURNING last_sequence AS sequence, messages, octets`,
        start,
        route,
    );
    return row as Place | undefined;
}

/** From now on the device may see whatever it is given, until the next start. */
export function meet(sql: Sql, start: number, route: Route): void {
    sql.run(
        "UPDATE registrations SET met_start = ?1, unmet_sequence = NULL WHERE route = ?2 AND met_start <> ?1",
        start,
        route,
    );
}

/** The last sequence that the device can have seen. */
export function lastSeeable(sql: Sql, start: number, route: Route): number {
    const row = sql.get(
        `SELECT CASE WHEN met_start = ? THEN last_sequence ELSE coalesce(unmet_sequence, last_sequence) END AS sequence
            FROM registrations WHERE route = ?`,
        start,
        route,
    );
    return Number(row?.sequence ?? 0);
}
