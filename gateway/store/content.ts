import { crc32 } from "node:zlib";
import type { PushMessage } from "../message.ts";
import type { Row, Sql } from "./sql.ts";

/** What of a message is stored as JSON. */
type Content = Pick<PushMessage, "body" | "title" | "from">;

/** Messages whose texts are read at the same time. */
const PAGE = 500;

/** The columns of a message's content: with a checksum, since a bad disk may change a digit of a text, and SQLite does not notice. */
export function contentColumns({ body, title, from }: Content): { content: string; content_crc: number } {
    const content = JSON.stringify({ body, title, from } satisfies Content);
    return { content, content_crc: crc32(content) };
}

/** @returns `damaged`, with an empty text, when the content is not what was stored */
export function readContent(row: Row): Content & Pick<PushMessage, "damaged"> {
    const content = row.content as string;
    try {
        if (typeof row.content_crc !== "number" || row.content_crc === crc32(content)) {
            const { body, title, from } = JSON.parse(content) as Content;
            return { body, title, from };
        }
    } catch {
        // an older store has no checksums, but no JSON is damage, too
    }
    return { body: "", damaged: true };
}

/** How many messages wait whose content is damaged. */
export function countDamaged(sql: Sql): number {
    let count = 0;
    for (let rows: Row[] = [], after = 0; ; after = rows.at(-1)!.num as number) {
        rows = sql.all("SELECT * FROM backlog WHERE num > ? ORDER BY num LIMIT ?", after, PAGE);
        count += rows.filter((row) => readContent(row).damaged === true).length;
        if (rows.length < PAGE) return count;
    }
}
