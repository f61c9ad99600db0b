import type { SettingStore } from "../ports/settings.ts";
import { read, write, type CallsOf } from "./call.ts";
import type { Sql } from "./sql.ts";

/** In the table `meta`, as are the counters. */
export function settingCalls(sql: Sql): CallsOf<SettingStore> {
    return {
        get: read((key) => getSetting(sql, key)),
        set: write((key, value) => setSetting(sql, key, value)),
    };
}

export function getSetting(sql: Sql, key: string): string | undefined {
    const row = sql.get("SELECT value FROM meta WHERE key = ?", key);
    return row && String(row.value);
}

export function setSetting(sql: Sql, key: string, value: string | number): void {
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
