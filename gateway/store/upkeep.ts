import { statSync } from "node:fs";
import type { Upkeep } from "../ports/upkeep.ts";
import { read, write, type CallsOf } from "./call.ts";
import type { Sql } from "./sql.ts";
import { freeOctets } from "./store-files.ts";

/** Rows that one call deletes at most: other calls wait for the thread. */
const MAX_FORGOTTEN_AT_ONCE = 5_000;

/** Deletes what ended long ago: receipts, registrations, codes. */
const ENDED = [
    "DELETE FROM receipts WHERE num IN (SELECT num FROM receipts WHERE ended_ms < ? LIMIT ?)",
    "DELETE FROM registrations WHERE route IN (SELECT route FROM registrations WHERE ended_ms < ? LIMIT ?)",
    `DELETE FROM codes WHERE num IN (SELECT num FROM codes WHERE created_ms < ? AND NOT EXISTS
        (SELECT 1 FROM registrations WHERE registrations.route = codes.route AND provisional = 1 AND ended_ms IS NULL) LIMIT ?)`,
];

/** Every moment that something ends by. Histories keep what the clock showed. */
const MOMENTS = [
    // the last column of each row chooses the rows
    ["backlog", ["expires_ms", "due_ms", "accepted_ms"]],
    ["registrations", ["created_ms"]],
    ["registrations", ["seen_ms"]],
    ["registrations", ["ended_ms"]],
    ["receipts", ["ended_ms"]],
    ["codes", ["expires_ms", "created_ms"]],
] as const;

export function upkeepCalls(sql: Sql, file: string): CallsOf<Upkeep> {
    const inode = inodeOf(file);
    return {
        forget: write((beforeMs, limit) => {
            const most = Math.min(limit, MAX_FORGOTTEN_AT_ONCE);
            let gone = 0;
            for (const statement of ENDED) {
                if (gone < most) gone += sql.run(statement, beforeMs, most - gone);
            }
            return gone;
        }),
        followClock: write(({ fromMs, untilMs, byMs }) => {
            for (const [table, columns] of MOMENTS) {
                const set = columns.map((column) => `${column} = ${column} + ?1`).join(", ");
                sql.run(`UPDATE ${table} SET ${set} WHERE ${columns.at(-1)} BETWEEN ?2 AND ?3`, byMs, fromMs, untilMs);
            }
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
