import type { OverflowFields } from "../../shared/push/message.ts";
import type { Credentials, NewRegistration, Registered, RegistrationStore } from "../ports/registrations.ts";
import type { Capabilities, Endpoint, Registration, Route } from "../registration.ts";
import type { E164 } from "../number.ts";
import { ALL_NUMBERS } from "../number-range.ts";
import { dropBacklog, moveBacklog } from "./backlog.ts";
import { read, write, type CallsOf } from "./call.ts";
import type { Place, Places } from "./places.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

/** Messages that one call of `retire` drops; the rest is left to the next call. */
const MAX_DROPPED_AT_ONCE = 1_000;

const SELECT = "SELECT registrations.*, last_sequence FROM registrations JOIN places USING (route) ";

export function registrationCalls(sql: Sql, places: Places): CallsOf<RegistrationStore> {
    return {
        register: write((registration) => register(sql, places, registration)),
        unregister: write((number, atMs) => unregister(sql, places, number, atMs)),
        retire: write((beforeMs, atMs, limit) => retire(sql, places, beforeMs, atMs, limit)),
        byNumber: read((number) => byNumber(sql, places, number)),
        byRoute: read((route) => byRoute(sql, places, route)),
        credentials: read((route) => credentials(sql, route)),
        list: read(({ after = "", from = ALL_NUMBERS.from, below = ALL_NUMBERS.below, limit }) => {
            // one bound on each side, so that the index skips what is outside
            const [lower, lowest] = after >= from ? ["number > ?", after] : ["number >= ?", from];
            return sql
                .all(
                    `${SELECT} WHERE ended_ms IS NULL AND ${lower} AND number < ? ORDER BY number LIMIT ?`,
                    lowest,
                    below,
                    limit,
                )
                .map((row) => toRegistration(places, row));
        }),
        wasRegistered: read((number) => {
            const row = sql.get(
                `SELECT EXISTS (SELECT 1 FROM registrations WHERE number = ?1 AND ended_ms IS NOT NULL)
                    AND NOT EXISTS (SELECT 1 FROM registrations WHERE number = ?1 AND ended_ms IS NULL) AS was`,
                number,
            );
            return row?.was === 1;
        }),
        setLabel: write((number, label) => {
            return (
                sql.run("UPDATE registrations SET label = ? WHERE number = ? AND ended_ms IS NULL", label, number) === 1
            );
        }),
        changeCredentials: write((route, expected, { secretHash, nextSecretHash, provisional }) => {
            const changed = sql.run(
                `UPDATE registrations SET secret_hash = coalesce(?, secret_hash), provisional = coalesce(?, provisional),
                    next_secret_hash = CASE WHEN ? THEN ? ELSE next_secret_hash END
                    WHERE route = ? AND secret_hash = ? AND ended_ms IS NULL`,
                secretHash,
                provisional,
                nextSecretHash !== undefined,
                nextSecretHash,
                route,
                expected,
            );
            return changed === 1;
        }),
    };
}

export function byNumber(sql: Sql, places: Places, number: E164): Registration | undefined {
    return readFirst(sql, places, "WHERE number = ? AND ended_ms IS NULL", number);
}

export function byRoute(sql: Sql, places: Places, route: Route): Registration | undefined {
    return readFirst(sql, places, "WHERE route = ? AND ended_ms IS NULL", route);
}

function credentials(sql: Sql, route: Route): Credentials | undefined {
    const row = sql.get(
        "SELECT number, secret_hash, next_secret_hash, provisional FROM registrations WHERE route = ? AND ended_ms IS NULL",
        route,
    );
    return row && { route, ...toCredentials(row) };
}

export function register(sql: Sql, places: Places, registration: NewRegistration): Registered {
    const { number, route, createdMs } = registration;
    const ended = byNumber(sql, places, number);
    const left = ended && end(sql, places, ended.route, createdMs);
    sql.insert("registrations", {
        route,
        number,
        label: registration.label ?? ended?.label,
        secret_hash: registration.secretHash,
        provisional: registration.provisional,
        created_ms: createdMs,
        epoch: Math.max(registration.epoch, (ended?.epoch ?? 0) + 1), // also when both are of one second
    });
    places.add(route);
    let dropped = 0;
    if (left !== undefined) {
        if (registration.backlog === "keep") moveBacklog(sql, places, left, placeOf(places, route), createdMs);
        else dropped = dropBacklog(sql, left, createdMs, "the number was registered anew");
    }
    const made = byRoute(sql, places, route);
    if (made === undefined) throw new Error("the registration just made is not there");
    return ended === undefined ? { registration: made, dropped } : { registration: made, ended, dropped };
}

function unregister(sql: Sql, places: Places, number: E164, atMs: number): Registration | undefined {
    const ended = byNumber(sql, places, number);
    if (ended === undefined) return undefined;
    dropBacklog(sql, end(sql, places, ended.route, atMs), atMs, "the number was unregistered");
    sql.run("UPDATE codes SET tries_left = 0 WHERE number = ?", number); // kept, for the limits count them
    return ended;
}

function retire(sql: Sql, places: Places, beforeMs: number, atMs: number, limit: number): Registration[] {
    const ended: Registration[] = [];
    const first = (silent: string) => readFirst(sql, places, `WHERE ended_ms IS NULL AND ${silent} LIMIT 1`, beforeMs);
    let dropped = 0;
    while (ended.length < limit && dropped < MAX_DROPPED_AT_ONCE) {
        const row = first("seen_ms < ?") ?? first("seen_ms IS NULL AND created_ms < ?");
        if (row === undefined) break;
        const place = end(sql, places, row.route, atMs);
        dropped += dropBacklog(sql, place, atMs, "the device was not seen for too long");
        ended.push(row);
    }
    return ended;
}

/** @returns its place: the caller moves or drops the backlog */
function end(sql: Sql, places: Places, route: Route, atMs: number): Place {
    const place = placeOf(places, route);
    sql.run("UPDATE registrations SET ended_ms = ?, endpoint = NULL WHERE route = ?", atMs, route);
    sql.run("DELETE FROM endpoints WHERE route = ?", route);
    places.end(place);
    return place;
}

function placeOf(places: Places, route: Route): Place {
    const place = places.of(route);
    if (place === undefined) throw new Error("a registration has no place");
    return place;
}

function readFirst(sql: Sql, places: Places, where: string, value: string | number): Registration | undefined {
    const row = sql.get(SELECT + where, value);
    return row && toRegistration(places, row);
}

function toCredentials(row: Row): Omit<Credentials, "route"> {
    return {
        number: row.number as E164,
        secretHash: row.secret_hash as string,
        nextSecretHash: optional(row.next_secret_hash),
        provisional: row.provisional === 1,
    };
}

function toRegistration(places: Places, row: Row): Registration {
    const route = row.route as Route;
    return {
        ...toCredentials(row),
        route,
        label: optional(row.label),
        createdMs: row.created_ms as number,
        seenMs: optional(row.seen_ms),
        epoch: row.epoch as number,
        lastSequence: places.lastSequence(route) ?? (row.last_sequence as number),
        capabilities: row.capabilities === null ? undefined : readJson<Capabilities>(row.capabilities),
        endpoint: row.endpoint === null ? undefined : readJson<Endpoint>(row.endpoint),
        overflow: row.overflow === null ? undefined : readJson<OverflowFields>(row.overflow),
    };
}
