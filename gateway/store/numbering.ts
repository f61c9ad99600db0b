import type { BacklogSize } from "../ports/backlog.ts";
import type { Route } from "../registration.ts";
import type { Sql } from "./sql.ts";

/**
 * How the store recognises that it was restored from a backup. A device that has seen sequence 110 would take the restored store's next 110
 * for a repeat and not show it. So each registration keeps the last sequence that its device can have seen: any sequence, if the device has
 * registered since this start of the gateway (`met_start`); otherwise those before the first one given without it (`unmet_sequence`).
 * A device that reports a higher one got it from a later store, which was lost. Up to the last seeable sequence both stores hold the same
 * messages, because both come from the copied file; so those that still wait here were dealt with there.
 */

/** A message's sequence, and the backlog before it. */
export interface Place extends BacklogSize {
    sequence: number;
}

/** The next place in a route's backlog. Undefined: no such registration. @param start which start of the gateway this is, 1 and up */
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

/** From now on, until the next start, the device may have seen every sequence given. */
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
