import type { ClockStep } from "../system/steady-clock.ts";
import type { Sql } from "./sql.ts";

/** Every moment that something ends by, but those of the histories: these say what the clock showed. */
const MOMENTS = [
    // the one that chooses the rows last, for it is changed with the others
    ["backlog", ["expires_ms", "due_ms", "accepted_ms"]],
    ["registrations", ["created_ms"]],
    ["registrations", ["seen_ms"]],
    ["registrations", ["ended_ms"]],
    ["receipts", ["ended_ms"]],
    ["codes", ["expires_ms", "created_ms"]],
    ["publications", ["at_ms"]],
] as const;

export function clockStepped(sql: Sql, { fromMs, untilMs, byMs }: ClockStep): void {
    for (const [table, columns] of MOMENTS) {
        const set = columns.map((column) => `${column} = ${column} + ?1`).join(", ");
        sql.run(`UPDATE ${table} SET ${set} WHERE ${columns.at(-1)} BETWEEN ?2 AND ?3`, byMs, fromMs, untilMs);
    }
}
