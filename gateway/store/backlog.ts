import type { Urgency } from "../../shared/push/message.ts";
import type { MessageState, PushMessage } from "../message.ts";
import type { Appended, BacklogSize, NewMessage } from "../ports.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";
import { meet, nextSequence } from "./numbering.ts";
import { addReceipt, asStored, endReceipt, noteMoved, noteSent, repeatedMessage } from "./receipts.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

/** A route's backlog unless it is set otherwise, whichever of the two is reached first. */
export const MAX_BACKLOG: BacklogSize = { messages: 1_000, octets: 256 * 1024 };
/** A message that was written is not called expired before its PUBACK had time to come: after 20 s the connection ends. */
const SENT_GRACE_MS = 30_000;
/** Messages that one call ends at most: the thread is needed by others. */
const MAX_ENDED_AT_ONCE = 1_000;

/** In the order in which they are dropped. */
const URGENCIES: readonly Urgency[] = ["very-low", "low", "normal", "high"];

const SELECT = `SELECT backlog.*, receipts.id, receipts.number FROM backlog JOIN receipts USING (num) `;

/** What a message is made of beside its columns. */
type Content = Pick<PushMessage, "body" | "title" | "from">;

export function append(sql: Sql, start: number, message: NewMessage, most: BacklogSize): Appended | undefined {
    const earlier = message.once === undefined ? undefined : repeatedMessage(sql, message, message.once);
    if (earlier !== undefined) return { message: earlier, repeated: true, collapsed: [], dropped: [] };
    const sequence = nextSequence(sql, start, message.route);
    if (sequence === undefined) return undefined;
    const num = addReceipt(sql, message, sequence);
    insert(sql, num, sequence, message);
    const collapsed = collapseOlder(sql, message, sequence);
    const dropped = dropOverflow(sql, message.route, message.acceptedMs, most);
    const own = dropped.find((gone) => gone.sequence === sequence);
    // Said again, it shall get another chance.
    if (own !== undefined) sql.run("UPDATE receipts SET once = NULL WHERE num = ?", num);
    return { message: own ?? asStored(message, { sequence, state: "accepted" }), repeated: false, collapsed, dropped };
}

export function backlog(sql: Sql, route: Route, afterSequence: number, limit: number): PushMessage[] {
    const rows = sql.all(
        SELECT + "WHERE backlog.route = ? AND backlog.sequence > ? ORDER BY backlog.sequence LIMIT ?",
        route,
        afterSequence,
        limit,
    );
    return rows.map((row) => toMessage(row));
}

export function backlogSize(sql: Sql, route: Route): BacklogSize {
    const row = sql.get("SELECT messages, octets FROM registrations WHERE route = ?", route);
    return { messages: Number(row?.messages ?? 0), octets: Number(row?.octets ?? 0) };
}

export function sent(sql: Sql, start: number, route: Route, sequence: number, atMs: number): void {
    const row = sql.get("SELECT num FROM backlog WHERE route = ? AND sequence = ?", route, sequence);
    if (row === undefined) return;
    sql.run(
        "UPDATE backlog SET sent_ms = ?1, due_ms = max(expires_ms, ?1 + ?2) WHERE num = ?3",
        atMs,
        SENT_GRACE_MS,
        row.num as number,
    );
    noteSent(sql, row.num as number, atMs);
    meet(sql, start, route);
}

export function settle(
    sql: Sql,
    route: Route,
    sequence: number,
    state: MessageState,
    atMs: number,
    why?: string,
): boolean {
    if (state === "accepted" || state === "sent") throw new TypeError(`"${state}" does not end a message`);
    const row = sql.get("SELECT num FROM backlog WHERE route = ? AND sequence = ?", route, sequence);
    if (row === undefined) return false;
    end(sql, row.num as number, state, atMs, why);
    return true;
}

export function settleUpTo(sql: Sql, route: Route, sequence: number, atMs: number): number[] {
    const rows = sql.all(
        "SELECT num, sequence FROM backlog WHERE route = ? AND sequence <= ? ORDER BY sequence",
        route,
        sequence,
    );
    for (const row of rows) end(sql, row.num as number, "delivered", atMs);
    return rows.map((row) => row.sequence as number);
}

export function expire(sql: Sql, nowMs: number, limit: number): PushMessage[] {
    const rows = sql.all(
        SELECT + "WHERE due_ms <= ? ORDER BY due_ms LIMIT ?",
        nowMs,
        Math.min(limit, MAX_ENDED_AT_ONCE),
    );
    return rows.map((row) => endRow(sql, row, "expired", nowMs));
}

/** @returns how many there were */
export function dropBacklog(sql: Sql, route: Route, atMs: number, why: string): number {
    const rows = sql.all("SELECT num FROM backlog WHERE route = ?", route);
    for (const row of rows) end(sql, row.num as number, "dropped", atMs, why);
    return rows.length;
}

/** Hands the backlog of an ended registration to the number's next one, which counts from 1 and has seen none of it. */
export function moveBacklog(sql: Sql, start: number, from: Route, to: Route, atMs: number): void {
    for (const row of sql.all("SELECT num FROM backlog WHERE route = ? ORDER BY sequence", from)) {
        const num = row.num as number;
        const sequence = nextSequence(sql, start, to);
        if (sequence === undefined) throw new Error("the registration to move a backlog to is not there");
        sql.run(
            "UPDATE backlog SET route = ?, sequence = ?, sent_ms = NULL, due_ms = expires_ms WHERE num = ?",
            to,
            sequence,
            num,
        );
        noteMoved(sql, num, to, sequence, atMs);
    }
}

function insert(sql: Sql, num: number, sequence: number, message: NewMessage): void {
    const content: Content = { body: message.body, title: message.title, from: message.from };
    sql.run(
        `INSERT INTO backlog (num, route, sequence, urgency, collapse_key, content, octets, accepted_ms, expires_ms, due_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        num,
        message.route,
        sequence,
        URGENCIES.indexOf(message.urgency),
        message.collapseKey,
        JSON.stringify(content),
        message.octets,
        message.acceptedMs,
        message.expiresMs,
        message.expiresMs,
    );
}

function collapseOlder(sql: Sql, message: NewMessage, sequence: number): PushMessage[] {
    if (message.collapseKey === undefined) return [];
    const rows = sql.all(
        SELECT + "WHERE backlog.route = ? AND collapse_key = ? AND backlog.sequence < ? ORDER BY backlog.sequence",
        message.route,
        message.collapseKey,
        sequence,
    );
    return rows.map((row) => endRow(sql, row, "collapsed", message.acceptedMs));
}

/** The oldest of the lowest urgency goes first; one that was written only when nothing else is left, for it may be on the screen. */
function dropOverflow(sql: Sql, route: Route, atMs: number, most: BacklogSize): PushMessage[] {
    const dropped: PushMessage[] = [];
    for (;;) {
        const { messages, octets } = backlogSize(sql, route);
        if (messages <= most.messages && octets <= most.octets) return dropped;
        const row =
            sql.get(
                SELECT + "WHERE backlog.route = ? AND sent_ms IS NULL ORDER BY urgency, backlog.sequence LIMIT 1",
                route,
            ) ?? sql.get(SELECT + "WHERE backlog.route = ? ORDER BY urgency, backlog.sequence LIMIT 1", route);
        if (row === undefined) return dropped;
        dropped.push(endRow(sql, row, "dropped", atMs, "the backlog was full"));
    }
}

function endRow(sql: Sql, row: Row, state: MessageState, atMs: number, why?: string): PushMessage {
    end(sql, row.num as number, state, atMs, why);
    return { ...toMessage(row), state };
}

function end(sql: Sql, num: number, state: MessageState, atMs: number, why?: string): void {
    sql.run("DELETE FROM backlog WHERE num = ?", num);
    endReceipt(sql, num, state, atMs, why);
}

function toMessage(row: Row): PushMessage {
    const content = readJson<Content>(row.content);
    return {
        id: row.id as string,
        route: row.route as Route,
        to: row.number as E164,
        sequence: row.sequence as number,
        body: content.body,
        title: content.title,
        urgency: URGENCIES[row.urgency as number] ?? "normal",
        collapseKey: optional(row.collapse_key),
        from: content.from,
        acceptedMs: row.accepted_ms as number,
        expiresMs: row.expires_ms as number,
        octets: row.octets as number,
        state: row.sent_ms === null ? "accepted" : "sent",
    };
}
