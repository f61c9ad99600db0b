import type { OverflowFields } from "../../shared/push/message.ts";
import type { Route } from "../registration.ts";
import { readJson, type Sql } from "./sql.ts";

/** Adds what was dropped of a full backlog to what the device is to be sent. */
export function noteOverflow(sql: Sql, route: Route, dropped: number[]): void {
    if (dropped.length === 0) return;
    const known = overflow(sql, route);
    write(sql, route, {
        o: (known?.o ?? 0) + dropped.length,
        a: Math.min(known?.a ?? Infinity, ...dropped),
        z: Math.max(known?.z ?? 0, ...dropped),
    });
}

/** What was dropped meanwhile is sent the next time. */
export function clearOverflow(sql: Sql, route: Route, reported: OverflowFields): void {
    const known = overflow(sql, route);
    if (known === undefined) return;
    const left = known.o - reported.o;
    write(sql, route, left > 0 ? { ...known, o: left } : undefined);
}

function overflow(sql: Sql, route: Route): OverflowFields | undefined {
    const row = sql.get("SELECT overflow FROM registrations WHERE route = ? AND overflow IS NOT NULL", route);
    return row && readJson<OverflowFields>(row.overflow);
}

function write(sql: Sql, route: Route, fields: OverflowFields | undefined): void {
    sql.run("UPDATE registrations SET overflow = ? WHERE route = ?", fields && JSON.stringify(fields), route);
}
