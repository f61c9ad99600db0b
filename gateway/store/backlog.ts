import { URGENCIES, type PushMessage } from "../message.ts";
import type { Appended, BacklogSize, BacklogStore, NewMessage, NotAppended } from "../ports/backlog.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";
import { read, write, type CallsOf } from "./call.ts";
import { contentColumns, readContent } from "./content.ts";
import { contentDigest, earlierMessage } from "./idempotency.ts";
import { nextPlace } from "./numbering.ts";
import { clearOverflow, noteOverflow } from "./overflow.ts";
import { addReceipt, endReceipt, noteMoved, noteSent, type Ending } from "./receipts.ts";
import { Shares } from "./shares.ts";
import { optional, type Row, type Sql } from "./sql.ts";

/** The default limits of a route's backlog. */
export const MAX_BACKLOG: BacklogSize = { messages: 1_000, octets: 256 * 1024 };
/** A message that was written does not expire before its PUBACK can have come: after 20 s without one the connection ends. */
const SENT_GRACE_MS = 30_000;
/** Messages that one call ends at most: other calls wait for the thread. */
const MAX_ENDED_AT_ONCE = 1_000;

const SELECT = `SELECT backlog.*, receipts.id, receipts.number, receipts.sender FROM backlog JOIN receipts USING (num) `;

export function backlogCalls(sql: Sql, start: number, most: BacklogSize = MAX_BACKLOG): CallsOf<BacklogStore> {
    const shares = new Shares(sql);
    return {
        append: write((message) => append(sql, shares, start, message, most)),
        list: read((route, afterSequence, limit) =>
            sql
                .all(
                    SELECT + "WHERE backlog.route = ? AND backlog.sequence > ? ORDER BY backlog.sequence LIMIT ?",
                    route,
                    afterSequence,
                    limit,
                )
                .map(toMessage),
        ),
        size: read((route) => sizeOf(sql, route)),
        markSent: write((route, sequence, atMs) => {
            noteSent(sql, route, sequence, atMs, atMs + SENT_GRACE_MS);
        }),
        settle: write((route, sequence, state, atMs, why, sentMs) =>
            settle(sql, route, sequence, { state, atMs, why, sentMs }),
        ),
        settleUpTo: write((route, sequence, atMs) => settleUpTo(sql, route, sequence, atMs)),
        expire: write((nowMs, limit) => {
            const most = Math.min(limit, MAX_ENDED_AT_ONCE);
            const rows = sql.all(SELECT + "WHERE due_ms <= ? ORDER BY due_ms LIMIT ?", nowMs, most);
            return rows.map((row) => endRow(sql, row, { state: "expired", atMs: nowMs }));
        }),
        clearOverflow: write((route, reported) => clearOverflow(sql, route, reported)),
    };
}

function append(
    sql: Sql,
    shares: Shares,
    start: number,
    message: NewMessage,
    most: BacklogSize,
): Appended | NotAppended {
    const digest = contentDigest(message);
    const earlier = earlierMessage(sql, message, digest);
    if (earlier === "conflict") return earlier;
    if (earlier !== undefined) return { message: earlier, repeated: true, collapsed: [], dropped: [] };
    const place = nextPlace(sql, start, message.route);
    if (place === undefined) return "unregistered";
    const { sequence } = place;
    const num = addReceipt(sql, message, sequence, digest);
    insert(sql, num, sequence, message);
    shares.note(message.route, message.sender, message.octets, 1);
    const collapsed = collapseOlder(sql, message, sequence);
    const fits = isWithin({ messages: place.messages + 1, octets: place.octets + message.octets }, most);
    const dropped = fits ? [] : dropOverflow(sql, shares, message, most);
    const own = dropped.find((gone) => gone.sequence === sequence);
    // The key is free again, so that the sender can retry.
    if (own !== undefined) sql.run("UPDATE receipts SET once = NULL WHERE num = ?", num);
    return { message: own ?? stored(message, sequence), repeated: false, collapsed, dropped };
}

/** As it is read back. */
function stored(message: NewMessage, sequence: number): PushMessage {
    const kept: PushMessage & Partial<NewMessage> = { ...message, sequence, state: "accepted" };
    delete kept.sender;
    delete kept.once;
    return kept;
}

export function sizeOf(sql: Sql, route: Route): BacklogSize {
    const row = sql.get("SELECT messages, octets FROM registrations WHERE route = ?", route);
    return { messages: Number(row?.messages ?? 0), octets: Number(row?.octets ?? 0) };
}

function settle(sql: Sql, route: Route, sequence: number, ending: Ending): boolean {
    const { state } = ending;
    if (state === "accepted" || state === "sent") throw new TypeError(`"${state}" does not end a message`);
    const row = sql.get("DELETE FROM backlog WHERE route = ? AND sequence = ? RETURNING num, sents", route, sequence);
    if (row === undefined) return false;
    endReceipt(sql, row.num as number, sentsOf(row), ending);
    return true;
}

export function settleUpTo(sql: Sql, route: Route, sequence: number, atMs: number): number[] {
    const rows = sql.all(
        "SELECT num, sequence, sents FROM backlog WHERE route = ? AND sequence <= ? ORDER BY sequence",
        route,
        sequence,
    );
    for (const row of rows) end(sql, row, { state: "delivered", atMs });
    return rows.map((row) => row.sequence as number);
}

/** @returns how many there were */
export function dropBacklog(sql: Sql, route: Route, atMs: number, why: string): number {
    const rows = sql.all("SELECT num, sents FROM backlog WHERE route = ?", route);
    for (const row of rows) end(sql, row, { state: "dropped", atMs, why });
    return rows.length;
}

/** Moves the backlog of an ended registration to the number's next one, where it gets new sequences. */
export function moveBacklog(sql: Sql, start: number, from: Route, to: Route, atMs: number): void {
    for (const row of sql.all("SELECT num, sents FROM backlog WHERE route = ? ORDER BY sequence", from)) {
        const num = row.num as number;
        const sequence = nextPlace(sql, start, to)?.sequence;
        if (sequence === undefined) throw new Error("the registration to move a backlog to is not there");
        sql.run(
            "UPDATE backlog SET route = ?, sequence = ?, sent_ms = NULL, sents = NULL, due_ms = expires_ms WHERE num = ?",
            to,
            sequence,
            num,
        );
        noteMoved(sql, num, to, sequence, atMs, sentsOf(row));
    }
}

function insert(sql: Sql, num: number, sequence: number, message: NewMessage): void {
    sql.insert("backlog", {
        num,
        route: message.route,
        sequence,
        urgency: URGENCIES.indexOf(message.urgency),
        collapse_key: message.collapseKey,
        ...contentColumns(message),
        octets: message.octets,
        accepted_ms: message.acceptedMs,
        expires_ms: message.expiresMs,
        due_ms: message.expiresMs,
    });
}

/** A collapse key belongs to its sender: another's message of that key stays. */
function collapseOlder(sql: Sql, message: NewMessage, sequence: number): PushMessage[] {
    if (message.collapseKey === undefined) return [];
    const rows = sql.all(
        SELECT +
            "WHERE backlog.route = ? AND collapse_key = ? AND sender = ? AND backlog.sequence < ? ORDER BY backlog.sequence",
        message.route,
        message.collapseKey,
        message.sender,
        sequence,
    );
    return rows.map((row) => endRow(sql, row, { state: "collapsed", atMs: message.acceptedMs }));
}

/** Drops until the backlog is within its limits, each time a message of the sender that holds most of what is over its limit. */
function dropOverflow(sql: Sql, shares: Shares, message: NewMessage, most: BacklogSize): PushMessage[] {
    const { route, acceptedMs } = message;
    const dropped: PushMessage[] = [];
    for (;;) {
        const size = sizeOf(sql, route);
        if (isWithin(size, most)) break;
        const what = size.messages > most.messages ? "messages" : "octets";
        const find = () => firstToDrop(sql, route, shares.largest(route, what, message.sender, size));
        let row = find();
        if (row === undefined) {
            shares.forget(route); // what was remembered is gone
            row = find();
        }
        if (row === undefined) break;
        shares.note(route, optional<string>(row.sender), row.octets as number, -1);
        dropped.push(endRow(sql, row, { state: "dropped", atMs: acceptedMs, why: "the backlog was full" }));
    }
    noteOverflow(
        sql,
        route,
        dropped.map(({ sequence }) => sequence),
    );
    return dropped;
}

/** A sender's oldest of the lowest urgency. One that was written, and so may be on the screen, goes only when no other is left. */
function firstToDrop(sql: Sql, route: Route, sender: string | undefined): Row | undefined {
    const first = (waiting: string) =>
        sql.get(
            `${SELECT} WHERE backlog.route = ? AND sender IS ? ${waiting} ORDER BY urgency, backlog.sequence LIMIT 1`,
            route,
            sender,
        );
    return first("AND sent_ms IS NULL") ?? first("");
}

function isWithin({ messages, octets }: BacklogSize, most: BacklogSize): boolean {
    return messages <= most.messages && octets <= most.octets;
}

function endRow(sql: Sql, row: Row, ending: Ending): PushMessage {
    end(sql, row, ending);
    return { ...toMessage(row), state: ending.state };
}

/** @param row with its `num` and its `sents` */
function end(sql: Sql, row: Row, ending: Ending): void {
    sql.run("DELETE FROM backlog WHERE num = ?", row.num as number);
    endReceipt(sql, row.num as number, sentsOf(row), ending);
}

function sentsOf(row: Row): string {
    return optional<string>(row.sents) ?? "";
}

function toMessage(row: Row): PushMessage {
    return {
        id: row.id as string,
        route: row.route as Route,
        to: row.number as E164,
        sequence: row.sequence as number,
        ...readContent(row),
        urgency: URGENCIES[row.urgency as number] ?? "normal",
        collapseKey: optional(row.collapse_key),
        acceptedMs: row.accepted_ms as number,
        expiresMs: row.expires_ms as number,
        octets: row.octets as number,
        state: row.sent_ms === null ? "accepted" : "sent",
    };
}
