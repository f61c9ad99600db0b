import { URGENCIES, type MessageState, type PushMessage } from "../message.ts";
import type { BacklogSize, BacklogStore, NewMessage, NotAppended, Placed } from "../ports/backlog.ts";
import type { Route } from "../registration.ts";
import { read, write, type CallsOf } from "./call.ts";
import { checksum, readContent } from "./content.ts";
import { contentDigest, earlierMessage } from "./idempotency.ts";
import { messageId } from "./message-ids.ts";
import { clearOverflow, noteOverflow } from "./overflow.ts";
import type { Place, Places } from "./places.ts";
import { cutWhy, endState, idOf, noteMoved, noteSent, stateOf } from "./receipts.ts";
import { Shares } from "./shares.ts";
import { optional, type Row, type Sql } from "./sql.ts";

/** The default limits of a route's backlog. */
export const MAX_BACKLOG: BacklogSize = { messages: 1_000, octets: 256 * 1024 };
/** A message that was written does not expire before its PUBACK can have come: after 20 s without one the connection ends. */
const SENT_GRACE_MS = 30_000;

/** How a message ended. */
interface Ending {
    state: MessageState;
    atMs: number;
    why?: string;
}

export function backlogCalls(sql: Sql, places: Places, most: BacklogSize = MAX_BACKLOG): CallsOf<BacklogStore> {
    const shares = new Shares(sql);
    return {
        append: write((message) => append(sql, places, shares, message, most)),
        list: read((route, afterSequence, limit) => {
            const place = places.of(route);
            if (place === undefined) return [];
            const text =
                "SELECT * FROM messages WHERE place = ? AND sequence > ? AND ended_ms IS NULL ORDER BY sequence LIMIT ?";
            return sql.all(text, place.num, afterSequence, limit).map((row) => toMessage(route, row));
        }),
        size: read((route) => {
            const place = places.of(route);
            if (place === undefined) return { messages: 0, octets: 0 };
            places.count(place);
            return { messages: place.messages, octets: place.octets };
        }),
        markSent: write((route, sequence, atMs) => {
            const place = places.of(route);
            if (place !== undefined) noteSent(sql, place, sequence, atMs, atMs + SENT_GRACE_MS);
        }),
        settle: write((route, sequence, state, atMs, why, sentMs) => {
            const code = endState(state);
            const place = places.of(route);
            if (place === undefined) return false;
            const settled = sql.run(SETTLE, code, atMs, cutWhy(why), sentMs, place.num, sequence) === 1;
            if (settled) noteGone(place, 1);
            return settled;
        }),
        expire: write((nowMs, limit) => {
            const rows = sql.all(EXPIRE, endState("expired"), nowMs, undefined, nowMs, limit);
            for (const row of rows) places.keptAs(row.place as number, (place) => noteGone(place, 1));
            return rows.length;
        }),
        clearOverflow: write((route, reported) => clearOverflow(sql, route, reported)),
    };
}

/** What ends loses its content. */
const END = "UPDATE messages SET state = ?, ended_ms = ?, why = ?, content = NULL";
const SETTLE = `${END}, sent_ms = coalesce(sent_ms, ?) WHERE place = ? AND sequence = ? AND ended_ms IS NULL`;
const EXPIRE = `${END} WHERE num IN (SELECT num FROM messages WHERE ended_ms IS NULL AND due_ms <= ? ORDER BY due_ms LIMIT ?)
    RETURNING place`;
const INSERT = `INSERT INTO messages (num, place, sequence, before, tag, sender, once, content_digest, urgency, collapse_key,
    content, content_crc, octets, accepted_ms, expires_ms, due_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, 0)`;

function append(
    sql: Sql,
    places: Places,
    shares: Shares,
    message: NewMessage,
    most: BacklogSize,
): Placed | NotAppended {
    const digest = contentDigest(message);
    const earlier = earlierMessage(sql, message, digest);
    if (earlier !== undefined) return earlier;
    const place = places.of(message.route);
    if (place === undefined) return "unregistered";
    const { tag, sender, once, urgency, collapseKey, content, octets, acceptedMs, expiresMs } = message;
    const num = places.nextNum();
    const { sequence, before } = places.give(place, num);
    // prettier-ignore
    sql.run(INSERT, num, place.num, sequence, before, tag, sender, once, digest, URGENCIES.indexOf(urgency), collapseKey,
        content, checksum(content), octets, acceptedMs, expiresMs);
    place.messages++;
    place.octets += octets;
    shares.note(message.route, sender, octets, 1);
    const placed: Placed = { id: messageId(num, tag), sequence };
    if (collapseKey !== undefined) placed.collapsed = collapseOlder(sql, place, message, sequence);
    if (isWithin(places, place, most)) return placed;
    placed.dropped = dropOverflow(sql, places, shares, place, message, most);
    if (!placed.dropped.includes(sequence)) return placed;
    sql.run("UPDATE messages SET once = NULL WHERE num = ?", num); // the key is free again, so that the sender can retry
    return { ...placed, state: "dropped" };
}

/** Ends as delivered what the device has handled. */
export function settleUpTo(sql: Sql, place: Place, sequence: number, atMs: number): void {
    endWaiting(sql, place, { state: "delivered", atMs }, "sequence <= ?", sequence);
}

/** @returns how many there were */
export function dropBacklog(sql: Sql, place: Place, atMs: number, why: string): number {
    return endWaiting(sql, place, { state: "dropped", atMs, why }, "sequence > ?", 0).length;
}

/** Moves the backlog of an ended registration to the number's next one, where it gets new sequences. */
export function moveBacklog(sql: Sql, places: Places, from: Place, to: Place, atMs: number): void {
    const rows = sql.all("SELECT num FROM messages WHERE place = ? AND ended_ms IS NULL ORDER BY sequence", from.num);
    for (const row of rows) {
        const num = row.num as number;
        const { sequence, before } = places.give(to, num);
        noteMoved(sql, num, to, sequence, before, atMs);
    }
    places.write(to); // the next start would not find what is not new
    to.messages += from.messages;
    to.octets += from.octets;
}

/** A collapse key belongs to its sender: another's message of that key stays. */
function collapseOlder(sql: Sql, place: Place, message: NewMessage, sequence: number): number[] {
    const { collapseKey, sender, acceptedMs } = message;
    const older = "collapse_key = ? AND sender = ? AND sequence < ?";
    const ending: Ending = { state: "collapsed", atMs: acceptedMs };
    return sequencesOf(endWaiting(sql, place, ending, older, collapseKey, sender, sequence));
}

/** Drops until the backlog is within its limits, each time a message of the sender that holds most of what is over its limit. */
function dropOverflow(
    sql: Sql,
    places: Places,
    shares: Shares,
    place: Place,
    message: NewMessage,
    most: BacklogSize,
): number[] {
    const { route, sender, acceptedMs, writtenUpTo } = message;
    const ending: Ending = { state: "dropped", atMs: acceptedMs, why: "the backlog was full" };
    const dropped: number[] = [];
    while (!isWithin(places, place, most)) {
        const what = place.messages > most.messages ? "messages" : "octets";
        const find = () => firstToDrop(sql, place, shares.largest(place, what, sender), writtenUpTo);
        let row = find();
        if (row === undefined) {
            shares.forget(route); // what was remembered is gone
            row = find();
        }
        if (row === undefined) break;
        shares.note(route, optional<string>(row.sender), row.octets as number, -1);
        const sequence = row.sequence as number;
        endWaiting(sql, place, ending, "sequence = ?", sequence);
        dropped.push(sequence);
    }
    noteOverflow(sql, route, dropped);
    return dropped;
}

/** A sender's oldest of the lowest urgency. One that was written, and so may be on the screen, goes only when no other is left. */
function firstToDrop(sql: Sql, place: Place, sender: string | undefined, writtenUpTo = 0): Row | undefined {
    return sql.get(
        `SELECT sequence, sender, octets FROM messages WHERE place = ? AND ended_ms IS NULL AND sender IS ?
            ORDER BY sent_ms IS NOT NULL OR sequence <= ?, urgency, sequence LIMIT 1`,
        place.num,
        sender,
        writtenUpTo,
    );
}

function isWithin(places: Places, place: Place, most: BacklogSize): boolean {
    if (place.octets > most.octets) places.count(place);
    return place.messages <= most.messages && place.octets <= most.octets;
}

/** Ends what waits of a place. */
function endWaiting(
    sql: Sql,
    place: Place,
    ending: Ending,
    where: string,
    ...values: Parameters<Sql["run"]>[1][]
): Row[] {
    const { state, atMs, why } = ending;
    const text = `${END} WHERE place = ? AND ended_ms IS NULL AND ${where} RETURNING sequence, octets`;
    const rows = sql.all(text, endState(state), atMs, cutWhy(why), place.num, ...values);
    for (const row of rows) place.octets -= row.octets as number;
    noteGone(place, rows.length);
    return rows;
}

function noteGone(place: Place, messages: number): void {
    place.messages -= messages;
    if (place.messages === 0) place.octets = 0;
}

function sequencesOf(rows: Row[]): number[] {
    return rows.map((row) => row.sequence as number);
}

function toMessage(route: Route, row: Row): PushMessage {
    return {
        id: idOf(row),
        route,
        sequence: row.sequence as number,
        ...readContent(row),
        acceptedMs: row.accepted_ms as number,
        expiresMs: row.expires_ms as number,
        octets: row.octets as number,
        state: stateOf(row),
    };
}
