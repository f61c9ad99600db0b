import { statSync } from "node:fs";
import type { Upkeep } from "../ports/upkeep.ts";
import { read, write, type CallsOf } from "./call.ts";
import type { Places } from "./places.ts";
import type { Sql } from "./sql.ts";
import { freeOctets } from "./store-files.ts";

/** Rows that one call deletes at most, some milliseconds: other calls wait for the thread. */
const MAX_FORGOTTEN_AT_ONCE = 1_000;

const FORGET_MESSAGES =
    "DELETE FROM messages WHERE num IN (SELECT num FROM messages WHERE ended_ms < ? AND num <= ? ORDER BY ended_ms LIMIT ?)";
const FORGET_REGISTRATIONS =
    "DELETE FROM registrations WHERE route IN (SELECT route FROM registrations WHERE ended_ms < ? LIMIT ?) RETURNING route";
const FORGET_CODES = `DELETE FROM codes WHERE num IN (SELECT num FROM codes WHERE created_ms < ? AND NOT EXISTS
    (SELECT 1 FROM registrations WHERE registrations.route = codes.route AND provisional = 1 AND ended_ms IS NULL) LIMIT ?)`;

/** Every moment of the span of a wrong clock moves; what a message or a code may still take of its time moves with its beginning. */
const FOLLOW = [
    `UPDATE messages SET expires_ms = expires_ms + ?1, due_ms = due_ms + ?1, sent_ms = sent_ms + ?1 * (sent_ms BETWEEN ?2 AND ?3),
        accepted_ms = accepted_ms + ?1 WHERE ended_ms IS NULL AND accepted_ms BETWEEN ?2 AND ?3`,
    `UPDATE messages SET accepted_ms = accepted_ms + ?1 * (accepted_ms BETWEEN ?2 AND ?3), sent_ms = sent_ms + ?1 * (sent_ms BETWEEN ?2 AND ?3),
        read_ms = read_ms + ?1 * (read_ms BETWEEN ?2 AND ?3), ended_ms = ended_ms + ?1 WHERE ended_ms BETWEEN ?2 AND ?3`,
    "UPDATE registrations SET created_ms = created_ms + ?1 WHERE created_ms BETWEEN ?2 AND ?3",
    "UPDATE registrations SET seen_ms = seen_ms + ?1 WHERE seen_ms BETWEEN ?2 AND ?3",
    "UPDATE registrations SET ended_ms = ended_ms + ?1 WHERE ended_ms BETWEEN ?2 AND ?3",
    "UPDATE codes SET expires_ms = expires_ms + ?1, created_ms = created_ms + ?1 WHERE created_ms BETWEEN ?2 AND ?3",
];

export function upkeepCalls(sql: Sql, places: Places, file: string): CallsOf<Upkeep> {
    const inode = inodeOf(file);
    return {
        forget: write((beforeMs, limit) => {
            const most = Math.min(limit, MAX_FORGOTTEN_AT_ONCE);
            let gone = sql.run(FORGET_MESSAGES, beforeMs, places.writeChanged(), most);
            if (gone === most) return gone; // a registration goes after its messages, which need it
            const routes = sql.all(FORGET_REGISTRATIONS, beforeMs, most - gone).map((row) => row.route as string);
            for (const route of routes) sql.run("DELETE FROM places WHERE route = ?", route);
            gone += routes.length;
            return gone + sql.run(FORGET_CODES, beforeMs, most - gone);
        }),
        followClock: write(({ fromMs, untilMs, byMs }) => {
            for (const statement of FOLLOW) sql.run(statement, byMs, fromMs, untilMs);
        }),
        size: read(() => ({
            octets: octetsOf(file) + octetsOf(file + "-wal"),
            heldOctets: heldOctets(sql),
            freeOctets: freeOctets(file),
            moved: inodeOf(file) !== inode,
        })),
    };
}

function inodeOf(file: string): number | undefined {
    return statSync(file, { throwIfNoEntry: false })?.ino;
}

function octetsOf(file: string): number {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The file does not shrink: its empty pages are used again. */
function heldOctets(sql: Sql): number {
    const pragma = (name: string) => Number(sql.get(`PRAGMA ${name}`)?.[name]);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
}
