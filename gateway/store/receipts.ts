import type { MessageState, Receipt, ReceiptEvent } from "../message.ts";
import type { ReceiptStore } from "../ports/receipts.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";
import { ALL_NUMBERS } from "../number-range.ts";
import { read, write, type CallsOf } from "./call.ts";
import { messageId, readMessageId } from "./message-ids.ts";
import type { Place, Places } from "./places.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

/** Beyond this a history gets no more lines before its last ones: a device with a bad link is sent the same message many times. */
const MAX_LINES_OCTETS = 1_000;
const MAX_WHY_CHARS = 200;
/** How far behind a route's last message one may be that its device reports as read: more than a backlog holds. */
const MAX_STEPS_BACK = 2_000;

/** States as a row has them. 0: it waits, or is inflight. */
const STATES: readonly MessageState[] = ["accepted", "delivered", "read", "expired", "collapsed", "dropped", "failed"];
const DELIVERED = STATES.indexOf("delivered");
const READ = STATES.indexOf("read");

/** A rare line of a history, JSON with a comma before it. Most histories follow from the row's own moments. */
export type Line = [state: MessageState, atMs: number, why?: string];

export function receiptCalls(sql: Sql, places: Places): CallsOf<ReceiptStore> {
    return {
        find: read((id, { from, below } = ALL_NUMBERS) => {
            const row = findRow(sql, id);
            const inRange = row !== undefined && (row.number as string) >= from && (row.number as string) < below;
            return inRange ? toReceipt(id, row) : undefined;
        }),
        markRead: write((route, sequence, atMs) => {
            const place = places.of(route);
            const num = place && findBack(sql, place, sequence);
            if (num === undefined) return false;
            const text = "UPDATE messages SET state = ?, read_ms = ? WHERE num = ? AND state = ?";
            return sql.run(text, READ, atMs, num, DELIVERED) === 1;
        }),
    };
}

const FIND =
    "SELECT messages.*, registrations.route, number FROM messages JOIN places ON places.num = place JOIN registrations USING (route) WHERE ";

/** Messages of an older schema have ids of their own. */
function findRow(sql: Sql, id: string): Row | undefined {
    const own = readMessageId(id);
    const row = own && sql.get(`${FIND} messages.num = ? AND tag = ?`, own.num, own.tag);
    return row ?? sql.get(`${FIND} old_id = ?`, id);
}

/** Each row has the number of the one before it on its route: no index is kept for what has ended. */
function findBack(sql: Sql, place: Place, sequence: number): number | undefined {
    const row = sql.get(
        `WITH RECURSIVE back (num, sequence, before, steps) AS (
            SELECT num, sequence, before, 0 FROM messages WHERE num = ?1 AND place = ?2
            UNION ALL
            SELECT messages.num, messages.sequence, messages.before, steps + 1 FROM back JOIN messages ON messages.num = back.before
                WHERE back.sequence > ?3 AND place = ?2 AND steps < ?4)
            SELECT num FROM back WHERE sequence = ?3`,
        place.lastNum,
        place.num,
        sequence,
        MAX_STEPS_BACK,
    );
    return optional(row?.num);
}

function toReceipt(id: string, row: Row): Receipt {
    const at = (state: MessageState, column: string, why?: unknown): ReceiptEvent[] => {
        const atMs = optional<number>(row[column]);
        if (atMs === undefined) return [];
        return [typeof why === "string" ? { state, atMs, why } : { state, atMs }];
    };
    const ended = stateOf(row) === "read" ? "delivered" : stateOf(row);
    return {
        id,
        route: row.route as Route,
        to: row.number as E164,
        sequence: row.sequence as number,
        state: stateOf(row),
        history: [
            ...at("accepted", "accepted_ms"),
            ...readLines(optional(row.lines)),
            ...at("sent", "sent_ms"),
            ...at(ended, "ended_ms", row.why),
            ...at("read", "read_ms"),
        ],
    };
}

function readLines(lines = ""): ReceiptEvent[] {
    return readJson<Line[]>(`[${lines.slice(1)}]`).map(([state, atMs, why]) =>
        why === undefined ? { state, atMs } : { state, atMs, why },
    );
}

/** @param row with its num, tag and old_id */
export function idOf(row: Row): string {
    return optional<string>(row.old_id) ?? messageId(row.num as number, row.tag as string);
}

export function stateOf(row: Row): MessageState {
    const state = STATES[row.state as number] ?? "accepted";
    return state === "accepted" && row.sent_ms !== null ? "sent" : state;
}

/** How a row has a state. */
export function stateCode(state: MessageState): number {
    return STATES.indexOf(state);
}

/** How a row has a state that ends a message. @throws TypeError when it does not end one */
export function endState(state: MessageState): number {
    const code = stateCode(state);
    if (code <= 0) throw new TypeError(`"${state}" does not end a message`);
    return code;
}

export function cutWhy(why: string | undefined): string | undefined {
    return why?.slice(0, MAX_WHY_CHARS);
}

/** Notes that a message that waits was written to its device. @param dueMs it does not expire before */
export function noteSent(sql: Sql, place: Place, sequence: number, atMs: number, dueMs: number): void {
    sql.run(
        `UPDATE messages SET ${SENT_TO_LINES}, sent_ms = ?4, due_ms = max(expires_ms, ?5)
            WHERE place = ?6 AND sequence = ?7 AND ended_ms IS NULL`,
        ...SENT_LINE,
        MAX_LINES_OCTETS,
        atMs,
        dueMs,
        place.num,
        sequence,
    );
}

/** Gives a message that waits to another registration of its number. */
export function noteMoved(sql: Sql, num: number, to: Place, sequence: number, before: number, atMs: number): void {
    const moved: Line = ["accepted", atMs, "moved to the number's new registration"];
    sql.run(`UPDATE messages SET ${SENT_TO_LINES} WHERE num = ?4`, ...SENT_LINE, MAX_LINES_OCTETS, num);
    sql.run(
        `UPDATE messages SET place = ?, sequence = ?, before = ?, sent_ms = NULL, due_ms = expires_ms, lines = CAST(coalesce(lines, x'') || ? AS BLOB)
            WHERE num = ?`,
        to.num,
        sequence,
        before,
        `,${JSON.stringify(moved)}`,
        num,
    );
}

/** What was noted as sent before becomes a line. Its parameters: what stands before the moment and behind it, and the most octets. */
const SENT_TO_LINES = `lines = CASE WHEN sent_ms IS NULL OR length(lines) >= ?3 THEN lines
    ELSE CAST(coalesce(lines, x'') || ?1 || sent_ms || ?2 AS BLOB) END`;
const SENT_LINE = [',["sent",', "]"] as const;
