import type { Sql } from "./sql.ts";

/** What is kept once for the whole store. */
export function meta(sql: Sql, key: string): string | undefined {
    const row = sql.get("SELECT value FROM meta WHERE key = ?", key);
    return row && String(row.value);
}

export function setMeta(sql: Sql, key: string, value: string): void {
    sql.run(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key,
        value,
    );
}

/** Counts from 1. */
export function countUp(sql: Sql, key: string): number {
    const row = sql.get(
        `INSERT INTO meta (key, value) VALUES (?, 1)
            ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value`,
        key,
    );
    return Number(row?.value);
}
