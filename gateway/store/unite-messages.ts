import { encodeContent } from "../delivery/push.ts";
import { URGENCIES, type MessageState } from "../message.ts";
import type { E164 } from "../number.ts";
import { checksum } from "./content.ts";
import { stateCode, type Line } from "./receipts.ts";
import { optional, type Row, type Sql } from "./sql.ts";

/** Messages that are in memory at the same time. */
const PAGE = 1_000;

/**
 * Brings the messages of a schema before 7, a row of `receipts` and while they waited one of `backlog`, into one table, with the ids that they
 * had, and the routes' sequences into another.
 */
export function uniteMessages(sql: Sql): void {
    sql.exec(`INSERT INTO places (route, last_sequence, met_start, unmet_sequence)
        SELECT route, last_sequence, met_start, unmet_sequence FROM registrations`);
    const places = new Map<string, { num: number; lastNum: number }>();
    for (const row of sql.all("SELECT num, route FROM places")) {
        places.set(row.route as string, { num: row.num as number, lastNum: 0 });
    }
    for (let rows: Row[] = [], after = 0; ; after = rows.at(-1)!.num as number) {
        rows = sql.all(SELECT, after, PAGE);
        for (const row of rows) {
            const place = places.get(row.route as string);
            if (place === undefined) continue; // its registration is forgotten: nobody can ask for it
            sql.insert("messages", { ...unite(row), place: place.num, before: place.lastNum });
            place.lastNum = row.num as number;
        }
        if (rows.length < PAGE) break;
    }
    for (const { num, lastNum } of places.values())
        sql.run("UPDATE places SET last_num = ? WHERE num = ?", lastNum, num);
}

const SELECT = `SELECT receipts.*, backlog.num AS waits, urgency, collapse_key, content, content_crc, octets, accepted_ms, expires_ms, due_ms,
    sent_ms, sents FROM receipts LEFT JOIN backlog USING (num) WHERE receipts.num > ? ORDER BY receipts.num LIMIT ?`;

function unite(row: Row): Parameters<Sql["insert"]>[1] {
    const { num, sequence, sender, once, content_digest, id: old_id } = row as Record<string, string>;
    const identity = { num, sequence, sender, once, content_digest, old_id };
    const lines = readLines(`${row.history as string}${optional<string>(row.sents) ?? ""}`);
    const [, acceptedMs] = lines.shift() ?? ["accepted", 0];
    return { ...identity, ...(row.waits === null ? ended(row, lines, acceptedMs) : waiting(row, lines)) };
}

function waiting(row: Row, lines: Line[]): Parameters<Sql["insert"]>[1] {
    const sentMs = optional<number>(row.sent_ms);
    if (sentMs !== undefined)
        lines.splice(
            lines.findLastIndex(([state]) => state === "sent"),
            1,
        ); // it has a column of its own
    const { urgency, collapse_key, octets, accepted_ms, expires_ms, due_ms } = row as Record<string, number>;
    const moments = { accepted_ms, expires_ms, due_ms, sent_ms: sentMs };
    return { urgency, collapse_key, octets, state: 0, ...moments, ...contentOf(row), lines: writeLines(lines) };
}

function ended(row: Row, lines: Line[], acceptedMs: number): Parameters<Sql["insert"]>[1] {
    const readMs = lines.at(-1)?.[0] === "read" ? lines.pop()?.[1] : undefined;
    const [, endedMs, why] = lines.pop() ?? [];
    return {
        urgency: 0,
        content_crc: 0,
        octets: 0,
        accepted_ms: acceptedMs,
        expires_ms: 0,
        due_ms: 0,
        state: stateCode(row.state as MessageState),
        ended_ms: optional(row.ended_ms) ?? endedMs ?? acceptedMs,
        why,
        read_ms: readMs,
        lines: writeLines(lines),
    };
}

/** What a bad disk has changed stays what it is, with a checksum that it has not. */
function contentOf(row: Row): { content: string; content_crc: number } {
    const old = row.content as string;
    const crc = checksum(old);
    if (row.content_crc === null || row.content_crc === crc) {
        try {
            const { body, title, from } = JSON.parse(old) as { body: string; title?: string; from?: E164 };
            const urgency = URGENCIES[row.urgency as number] ?? "normal";
            const content = encodeContent({ body, title, from, urgency, collapseKey: optional(row.collapse_key) });
            return { content, content_crc: checksum(content) };
        } catch {
            // a store without checksums: no JSON is damage, too
        }
    }
    return { content: old, content_crc: crc + 1 };
}

function readLines(history: string): Line[] {
    return JSON.parse(`[${history}]`) as Line[];
}

function writeLines(lines: Line[]): string | undefined {
    return lines.length === 0 ? undefined : lines.map((line) => `,${JSON.stringify(line)}`).join("");
}
