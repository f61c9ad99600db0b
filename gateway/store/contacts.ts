import type { OverflowFields } from "../../shared/push/message.ts";
import type { E164 } from "../number.ts";
import type { Contact, Contacted, ContactStore } from "../ports/contacts.ts";
import { nextEndpoint, type Endpoint, type Route, type Seen } from "../registration.ts";
import { settleUpTo } from "./backlog.ts";
import { read, write, type CallsOf } from "./call.ts";
import type { Places } from "./places.ts";
import { readJson, type Row, type Sql } from "./sql.ts";

/** Endpoints kept of a registration besides the one it has now. */
const MAX_EARLIER = 19;

export function contactCalls(sql: Sql, places: Places): CallsOf<ContactStore> {
    return {
        record: write((route, contact) => record(sql, places, route, contact)),
        endpoints: read((route) =>
            sql
                .all(
                    `SELECT endpoint, 1 AS now, 0 AS num FROM registrations WHERE route = ?1 AND endpoint IS NOT NULL
                        UNION ALL SELECT endpoint, 0, num FROM endpoints WHERE route = ?1 ORDER BY now DESC, num DESC`,
                    route,
                )
                .map((row) => readJson<Endpoint>(row.endpoint)),
        ),
        // from the index alone, and to the bound: also of 100,000 it takes the thread less than a millisecond
        liveSince: read((sinceMs, most) => {
            const row = sql.get(
                `SELECT count(*) AS live FROM (
                    SELECT 1 FROM registrations WHERE ended_ms IS NULL AND seen_ms >= ?1
                    UNION ALL
                    SELECT 1 FROM registrations WHERE ended_ms IS NULL AND seen_ms IS NULL AND created_ms >= ?1 LIMIT ?2)`,
                sinceMs,
                most,
            );
            return row?.live as number;
        }),
    };
}

function record(sql: Sql, places: Places, route: Route, contact: Contact): Contacted | undefined {
    const { atMs, seen, capabilities, handled } = contact;
    const before = sql.get(
        "SELECT number, epoch, endpoint, overflow FROM registrations WHERE route = ? AND ended_ms IS NULL",
        route,
    );
    const place = places.of(route);
    if (before === undefined || place === undefined) return undefined;
    let epoch = before.epoch as number;
    if (handled?.epoch === epoch && handled.sequence > 0) {
        // Of a restored store: the device has also seen what both stores gave it, so that is not sent again under the new epoch.
        settleUpTo(sql, place, Math.min(handled.sequence, place.lastSeeable), atMs);
        if (handled.sequence > place.lastSeeable) epoch = Math.max(Math.floor(atMs / 1000), epoch + 1);
    }
    const met = seen !== undefined || handled !== undefined;
    sql.run(
        `UPDATE registrations SET seen_ms = max(coalesce(seen_ms, 0), ?), epoch = ?, met_start = coalesce(?, met_start),
            capabilities = coalesce(?, capabilities), endpoint = coalesce(?, endpoint) WHERE route = ?`,
        atMs,
        epoch,
        met ? places.meet(place) : undefined,
        capabilities && JSON.stringify(capabilities),
        seen && JSON.stringify(moveOn(sql, route, before, seen, atMs)),
        route,
    );
    const overflow = before.overflow === null ? undefined : readJson<OverflowFields>(before.overflow);
    return { number: before.number as E164, epoch, waiting: place.messages, overflow };
}

/** @param before the registration's row @returns its endpoint from now on; the one before is kept if it was another */
function moveOn(sql: Sql, route: Route, before: Row, seen: Seen, atMs: number): Endpoint {
    const known = before.endpoint === null ? undefined : readJson<Endpoint>(before.endpoint);
    const next = nextEndpoint(known, seen, atMs);
    if (known === undefined || known.sinceMs === next.sinceMs) return next;
    sql.insert("endpoints", { route, endpoint: JSON.stringify(known) });
    sql.run(
        `DELETE FROM endpoints WHERE route = ?1
            AND num <= (SELECT num FROM endpoints WHERE route = ?1 ORDER BY num DESC LIMIT 1 OFFSET ?2)`,
        route,
        MAX_EARLIER,
    );
    return next;
}
