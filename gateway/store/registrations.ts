import type { OverflowFields } from "../../shared/push/message.ts";
import type { NewRegistration, Registered, RegistrationPage, Store } from "../ports.ts";
import type { Capabilities, Endpoint, Registration, Route } from "../registration.ts";
import type { E164 } from "../number.ts";
import { ALL_NUMBERS } from "../number-range.ts";
import { dropBacklog, moveBacklog, settleUpTo } from "./backlog.ts";
import { lastSeeable, meet } from "./numbering.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

/** Endpoints kept of a registration. */
const MAX_ENDPOINTS = 20;
/** Messages dropped by one call that ends registrations, before it leaves the rest to the next call. */
const MAX_DROPPED_AT_ONCE = 1_000;

const SELECT = `SELECT *, (SELECT endpoint FROM endpoints WHERE endpoints.route = registrations.route ORDER BY num DESC LIMIT 1)
    AS endpoint FROM registrations `;

export function byNumber(sql: Sql, number: E164): Registration | undefined {
    return readRow(sql.get(SELECT + "WHERE number = ? AND ended_ms IS NULL", number));
}

export function byRoute(sql: Sql, route: Route): Registration | undefined {
    return readRow(sql.get(SELECT + "WHERE route = ? AND ended_ms IS NULL", route));
}

export function registrations(sql: Sql, page: RegistrationPage): Registration[] {
    const { after = "", from = ALL_NUMBERS.from, below = ALL_NUMBERS.below, limit } = page;
    // one bound on each side, so that what is outside of them is not even passed over
    const [lower, lowest] = after >= from ? ["number > ?", after] : ["number >= ?", from];
    const rows = sql.all(
        `${SELECT} WHERE ended_ms IS NULL AND ${lower} AND number < ? ORDER BY number LIMIT ?`,
        lowest,
        below,
        limit,
    );
    return rows.map((row) => toRegistration(row));
}

export function wasRegistered(sql: Sql, number: E164): boolean {
    const row = sql.get(
        `SELECT EXISTS (SELECT 1 FROM registrations WHERE number = ?1 AND ended_ms IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM registrations WHERE number = ?1 AND ended_ms IS NULL) AS was`,
        number,
    );
    return row?.was === 1;
}

export function register(sql: Sql, start: number, registration: NewRegistration): Registered {
    const { number, route, createdMs } = registration;
    const ended = byNumber(sql, number);
    if (ended !== undefined) end(sql, ended.route, createdMs);
    sql.run(
        `INSERT INTO registrations (route, number, label, secret_hash, provisional, created_ms, epoch)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
        route,
        number,
        registration.label ?? ended?.label,
        registration.secretHash,
        registration.provisional,
        createdMs,
        Math.max(registration.epoch, (ended?.epoch ?? 0) + 1), // also when both are of one second
    );
    let dropped = 0;
    if (ended !== undefined) {
        if (registration.backlog === "keep") moveBacklog(sql, start, ended.route, route, createdMs);
        else dropped = dropBacklog(sql, ended.route, createdMs, "the number was registered anew");
    }
    const made = byRoute(sql, route);
    if (made === undefined) throw new Error("the registration just made is not there");
    return ended === undefined ? { registration: made, dropped } : { registration: made, ended, dropped };
}

export function unregister(sql: Sql, number: E164, atMs: number): Registration | undefined {
    const ended = byNumber(sql, number);
    if (ended === undefined) return undefined;
    end(sql, ended.route, atMs);
    dropBacklog(sql, ended.route, atMs, "the number was unregistered");
    sql.run("UPDATE codes SET tries_left = 0 WHERE number = ?", number); // kept, for the limits count them
    return ended;
}

export function retire(sql: Sql, beforeMs: number, atMs: number, limit: number): Registration[] {
    const ended: Registration[] = [];
    let dropped = 0;
    while (ended.length < limit && dropped < MAX_DROPPED_AT_ONCE) {
        const row = readRow(
            sql.get(
                SELECT +
                    `WHERE ended_ms IS NULL AND coalesce(seen_ms, created_ms) < ?
                    ORDER BY coalesce(seen_ms, created_ms) LIMIT 1`,
                beforeMs,
            ),
        );
        if (row === undefined) break;
        end(sql, row.route, atMs);
        dropped += dropBacklog(sql, row.route, atMs, "the device was not seen for too long");
        ended.push(row);
    }
    return ended;
}

/** @param start which start of the gateway this is: see numbering.ts */
export function contact(
    sql: Sql,
    start: number,
    route: Route,
    seen: Parameters<Store["contact"]>[1],
): Registration | undefined {
    const before = byRoute(sql, route);
    if (before === undefined) return undefined;
    const { handled } = seen;
    const seeable = lastSeeable(sql, start, route);
    const ahead = handled?.epoch === before.epoch && handled.sequence > seeable;
    // What this file gave it before their ways parted it has seen, too: that is not sent again under the new epoch.
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

export function endpoints(sql: Sql, route: Route): Endpoint[] {
    const rows = sql.all("SELECT endpoint FROM endpoints WHERE route = ? ORDER BY num DESC", route);
    return rows.map((row) => readJson<Endpoint>(row.endpoint));
}

export function liveSince(sql: Sql, sinceMs: number): number {
    const row = sql.get(
        "SELECT count(*) AS live FROM registrations WHERE ended_ms IS NULL AND coalesce(seen_ms, created_ms) >= ?",
        sinceMs,
    );
    return row?.live as number;
}

export function credentials(
    sql: Sql,
    route: Route,
    expected: string,
    change: Parameters<Store["credentials"]>[2],
): boolean {
    const next = change.nextSecretHash;
    const changed = sql.run(
        `UPDATE registrations SET secret_hash = coalesce(?, secret_hash), provisional = coalesce(?, provisional),
            next_secret_hash = CASE WHEN ? THEN ? ELSE next_secret_hash END
            WHERE route = ? AND secret_hash = ? AND ended_ms IS NULL`,
        change.secretHash,
        change.provisional,
        next !== undefined,
        next,
        route,
        expected,
    );
    return changed === 1;
}

function addEndpoint(sql: Sql, route: Route, endpoint: Endpoint, last: Endpoint | undefined): void {
    if (last?.sinceMs === endpoint.sinceMs) {
        sql.run("DELETE FROM endpoints WHERE num = (SELECT max(num) FROM endpoints WHERE route = ?)", route);
    }
    sql.run("INSERT INTO endpoints (route, endpoint) VALUES (?, ?)", route, JSON.stringify(endpoint));
    sql.run(
        `DELETE FROM endpoints WHERE route = ?1
            AND num <= (SELECT num FROM endpoints WHERE route = ?1 ORDER BY num DESC LIMIT 1 OFFSET ?2)`,
        route,
        MAX_ENDPOINTS,
    );
}

/** Its messages are the caller's business. */
function end(sql: Sql, route: Route, atMs: number): void {
    sql.run("UPDATE registrations SET ended_ms = ? WHERE route = ?", atMs, route);
    sql.run("DELETE FROM endpoints WHERE route = ?", route);
}

function readRow(row: Row | undefined): Registration | undefined {
    return row === undefined ? undefined : toRegistration(row);
}

function toRegistration(row: Row): Registration {
    return {
        number: row.number as E164,
        route: row.route as Route,
        label: optional(row.label),
        secretHash: row.secret_hash as string,
        nextSecretHash: optional(row.next_secret_hash),
        provisional: row.provisional === 1,
        createdMs: row.created_ms as number,
        seenMs: optional(row.seen_ms),
        epoch: row.epoch as number,
        lastSequence: row.last_sequence as number,
        capabilities: row.capabilities === null ? undefined : readJson<Capabilities>(row.capabilities),
        endpoint: row.endpoint === null ? undefined : readJson<Endpoint>(row.endpoint),
        overflow: row.overflow === null ? undefined : readJson<OverflowFields>(row.overflow),
    };
}
