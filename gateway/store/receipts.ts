import type { MessageState, PushMessage, Receipt, ReceiptEvent } from "../message.ts";
import type { NewMessage } from "../ports.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";
import { readJson, type Sql } from "./sql.ts";

/** A history longer than that takes no more than its end: a device that comes and goes is sent the same message many times. */
const MAX_HISTORY_OCTETS = 1_000;
const MAX_WHY_CHARS = 200;

/** A line of a history as it is stored, JSON without the brackets around the whole. */
type Line = [state: MessageState, atMs: number, why?: string];

/** @returns the number that the message has in both tables */
export function addReceipt(sql: Sql, message: NewMessage, sequence: number): number {
    const row = sql.get(
        `INSERT INTO receipts (id, route, sequence, number, state, history, once) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING num`,
        message.id,
        message.route,
        sequence,
        message.to,
        "accepted",
        line("accepted", message.acceptedMs),
        message.once,
    );
    return row?.num as number;
}

/** The message that was accepted for the same `once`; of its text is known only what is said again now. */
export function repeatedMessage(sql: Sql, message: NewMessage, once: string): PushMessage | undefined {
    const row = sql.get("SELECT id, route, sequence, number, state FROM receipts WHERE once = ?", once);
    if (row === undefined) return undefined;
    return asStored(message, {
        id: row.id as string,
        route: row.route as Route,
        to: row.number as E164,
        sequence: row.sequence as number,
        state: row.state as MessageState,
    });
}

export function asStored<Given extends Partial<PushMessage>>(message: NewMessage, given: Given): NewMessage & Given {
    const stored = { ...message, ...given };
    delete stored.once;
    return stored;
}

export function noteSent(sql: Sql, num: number, atMs: number): void {
    sql.run(
        `UPDATE receipts SET state = ?, history = CASE WHEN length(history) < ? THEN CAST(history || ? AS BLOB) ELSE history END WHERE num = ?`,
        "sent",
        MAX_HISTORY_OCTETS,
        "," + line("sent", atMs),
        num,
    );
}

export function noteMoved(sql: Sql, num: number, route: Route, sequence: number, atMs: number): void {
    sql.run(
        "UPDATE receipts SET state = ?, route = ?, sequence = ?, history = CAST(history || ? AS BLOB) WHERE num = ?",
        "accepted",
        route,
        sequence,
        "," + line("accepted", atMs, "moved to the number's new registration"),
        num,
    );
}

export function endReceipt(sql: Sql, num: number, state: MessageState, atMs: number, why?: string): void {
    sql.run(
        "UPDATE receipts SET state = ?, ended_ms = ?, history = CAST(history || ? AS BLOB) WHERE num = ?",
        state,
        atMs,
        "," + line(state, atMs, why),
        num,
    );
}

export function read(sql: Sql, route: Route, sequence: number, atMs: number): boolean {
    const changed = sql.run(
        "UPDATE receipts SET state = ?, history = CAST(history || ? AS BLOB) WHERE route = ? AND sequence = ? AND state = ?",
        "read",
        "," + line("read", atMs),
        route,
        sequence,
        "delivered",
    );
    return changed === 1;
}

export function receipt(sql: Sql, id: string): Receipt | undefined {
    const row = sql.get("SELECT * FROM receipts WHERE id = ?", id);
    if (row === undefined) return undefined;
    const lines = readJson<Line[]>(`[${row.history as string}]`);
    return {
        id: row.id as string,
        to: row.number as E164,
        sequence: row.sequence as number,
        state: row.state as MessageState,
        history: lines.map(([state, atMs, why]): ReceiptEvent =>
            why === undefined ? { state, atMs } : { state, atMs, why },
        ),
    };
}

function line(state: MessageState, atMs: number, why?: string): string {
    const entry: Line = why === undefined ? [state, atMs] : [state, atMs, why.slice(0, MAX_WHY_CHARS)];
    return JSON.stringify(entry);
}
