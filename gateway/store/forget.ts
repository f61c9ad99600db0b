import type { Sql } from "./sql.ts";

/** Rows that one call deletes at most: the thread is needed by others. */
const MAX_FORGOTTEN_AT_ONCE = 5_000;

/** What has ended can go after a while: receipts, registrations, codes. */
const ENDED = [
    "DELETE FROM receipts WHERE num IN (SELECT num FROM receipts WHERE ended_ms < ? LIMIT ?)",
    "DELETE FROM registrations WHERE route IN (SELECT route FROM registrations WHERE ended_ms < ? LIMIT ?)",
    `DELETE FROM codes WHERE num IN (SELECT num FROM codes WHERE created_ms < ? AND NOT EXISTS
        (SELECT 1 FROM registrations WHERE registrations.route = codes.route AND provisional = 1 AND ended_ms IS NULL) LIMIT ?)`,
];

/** @returns how many rows went */
export function forget(sql: Sql, beforeMs: number, limit: number): number {
    const most = Math.min(limit, MAX_FORGOTTEN_AT_ONCE);
    let gone = 0;
    for (const statement of ENDED) {
        if (gone < most) gone += sql.run(statement, beforeMs, most - gone);
    }
    return gone;
}
