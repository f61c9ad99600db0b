import type { Contact, ContactStore } from "../ports/contacts.ts";
import type { Endpoint, Registration, Route } from "../registration.ts";
import { settleUpTo } from "./backlog.ts";
import { read, write, type CallsOf } from "./call.ts";
import { lastSeeable, meet } from "./numbering.ts";
import { byRoute } from "./registrations.ts";
import { readJson, type Sql } from "./sql.ts";

/** Endpoints kept of a registration. */
const MAX_ENDPOINTS = 20;

/** @param start which start of the gateway this is: see numbering.ts */
export function contactCalls(sql: Sql, start: number): CallsOf<ContactStore> {
    return {
        record: write((route, contact) => record(sql, start, route, contact)),
        endpoints: read((route) =>
            sql
                .all("SELECT endpoint FROM endpoints WHERE route = ? ORDER BY num DESC", route)
                .map((row) => readJson<Endpoint>(row.endpoint)),
        ),
        liveSince: read((sinceMs) => {
            const row = sql.get(
                "SELECT count(*) AS live FROM registrations WHERE ended_ms IS NULL AND coalesce(seen_ms, created_ms) >= ?",
                sinceMs,
            );
            return row?.live as number;
        }),
    };
}

function record(sql: Sql, start: number, route: Route, seen: Contact): Registration | undefined {
    const before = byRoute(sql, route);
    if (before === undefined) return undefined;
    const { handled } = seen;
    const seeable = lastSeeable(sql, start, route);
    const ahead = handled?.epoch === before.epoch && handled.sequence > seeable;
    // It has also seen what both stores gave it: that is not sent again under the new epoch.
    if (ahead) settleUpTo(sql, route, seeable, seen.atMs);
    const epoch = seen.epoch ?? (ahead ? Math.floor(seen.atMs / 1000) : undefined);
    sql.run(
        `UPDATE registrations SET seen_ms = max(coalesce(seen_ms, 0), ?), epoch = ?, capabilities = coalesce(?, capabilities)
            WHERE route = ?`,
        seen.atMs,
        epoch === undefined ? before.epoch : Math.max(epoch, before.epoch + 1), // never one that was there before
        seen.capabilities && JSON.stringify(seen.capabilities),
        route,
    );
    if (seen.endpoint !== undefined) addEndpoint(sql, route, seen.endpoint, before.endpoint);
    if (seen.endpoint !== undefined || handled !== undefined) meet(sql, start, route);
    return byRoute(sql, route);
}

function addEndpoint(sql: Sql, route: Route, endpoint: Endpoint, last: Endpoint | undefined): void {
    if (last?.sinceMs === endpoint.sinceMs) {
        sql.run("DELETE FROM endpoints WHERE num = (SELECT max(num) FROM endpoints WHERE route = ?)", route);
    }
    sql.insert("endpoints", { route, endpoint: JSON.stringify(endpoint) });
    sql.run(
        `DELETE FROM endpoints WHERE route = ?1
            AND num <= (SELECT num FROM endpoints WHERE route = ?1 ORDER BY num DESC LIMIT 1 OFFSET ?2)`,
        route,
        MAX_ENDPOINTS,
    );
}
