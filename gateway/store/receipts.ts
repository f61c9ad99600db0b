import type { MessageState, Receipt, ReceiptEvent } from "../message.ts";
import type { NewMessage } from "../ports/backlog.ts";
import type { ReceiptStore } from "../ports/receipts.ts";
import type { E164 } from "../number.ts";
import { ALL_NUMBERS } from "../number-range.ts";
import type { Route } from "../registration.ts";
import { read, write, type CallsOf } from "./call.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

/** Beyond this a history gets only its last line: a device with a bad link is sent the same message many times. */
const MAX_HISTORY_OCTETS = 1_000;
const MAX_WHY_CHARS = 200;

/** A line of a history as it is stored, JSON without the brackets around the whole. */
type Line = [state: MessageState, atMs: number, why?: string];

export function receiptCalls(sql: Sql): CallsOf<ReceiptStore> {
    return {
        find: read((id, { from, below } = ALL_NUMBERS) => {
            const row = sql.get(
                `SELECT id, receipts.sequence, number, state, history, sents, sent_ms FROM receipts LEFT JOIN backlog USING (num)
                    WHERE id = ? AND number >= ? AND number < ?`,
                id,
                from,
                below,
            );
            return row && toReceipt(row);
        }),
        markRead: write((route, sequence, atMs) => {
            const changed = sql.run(
                "UPDATE receipts SET state = ?, history = CAST(history || ? AS BLOB) WHERE route = ? AND sequence = ? AND state = ?",
                "read",
                "," + line("read", atMs),
                route,
                sequence,
                "delivered",
            );
            return changed === 1;
        }),
    };
}

function toReceipt(row: Row): Receipt {
    const lines = readJson<Line[]>(`[${row.history as string}${optional<string>(row.sents) ?? ""}]`);
    return {
        id: row.id as string,
        to: row.number as E164,
        sequence: row.sequence as number,
        state: stateOf(row),
        history: lines.map(([state, atMs, why]): ReceiptEvent =>
            why === undefined ? { state, atMs } : { state, atMs, why },
        ),
    };
}

/** @returns the number that the message has in both tables */
export function addReceipt(sql: Sql, message: NewMessage, sequence: number, digest: string | undefined): number {
    return sql.insert("receipts", {
        id: message.id,
        route: message.route,
        sequence,
        number: message.to,
        state: "accepted",
        history: line("accepted", message.acceptedMs),
        sender: message.sender,
        once: message.once,
        content_digest: digest,
    });
}

/** Whether a message was sent is stored in the backlog while it waits. */
export function stateOf(row: Row): MessageState {
    return row.sent_ms === null ? (row.state as MessageState) : "sent";
}

/** Adds a line to the history of a message, if it waits. */
export function noteSent(sql: Sql, route: Route, sequence: number, atMs: number, dueMs: number): void {
    sql.run(
        `UPDATE backlog SET sent_ms = ?1, due_ms = max(expires_ms, ?2),
            sents = CASE WHEN length(sents) >= ?3 THEN sents ELSE CAST(coalesce(sents, ?4) || ?5 AS BLOB) END
            WHERE route = ?6 AND sequence = ?7`,
        atMs,
        dueMs,
        MAX_HISTORY_OCTETS,
        "",
        "," + line("sent", atMs),
        route,
        sequence,
    );
}

/** @param sents the lines that its backlog's row had */
export function noteMoved(sql: Sql, num: number, route: Route, sequence: number, atMs: number, sents: string): void {
    sql.run(
        "UPDATE receipts SET state = ?, route = ?, sequence = ?, history = CAST(history || ? AS BLOB) WHERE num = ?",
        "accepted",
        route,
        sequence,
        sents + "," + line("accepted", atMs, "moved to the number's new registration"),
        num,
    );
}

/** How a message ended. */
export interface Ending {
    state: MessageState;
    atMs: number;
    why?: string;
    /** when it was sent, if that is not noted yet */
    sentMs?: number;
}

/** @param sents the lines that its backlog's row had */
export function endReceipt(sql: Sql, num: number, sents: string, { state, atMs, why, sentMs }: Ending): void {
    const sent = sentMs === undefined || sents.length >= MAX_HISTORY_OCTETS ? "" : "," + line("sent", sentMs);
    sql.run(
        "UPDATE receipts SET state = ?, ended_ms = ?, history = CAST(history || ? AS BLOB) WHERE num = ?",
        state,
        atMs,
        sents + sent + "," + line(state, atMs, why),
        num,
    );
}

function line(state: MessageState, atMs: number, why?: string): string {
    const entry: Line = why === undefined ? [state, atMs] : [state, atMs, why.slice(0, MAX_WHY_CHARS)];
    return JSON.stringify(entry);
}
