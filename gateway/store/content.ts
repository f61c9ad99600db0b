import { crc32 } from "node:zlib";
import type { PushMessage } from "../message.ts";
import type { Row, Sql } from "./sql.ts";

/** Messages whose texts are read at the same time. */
const PAGE = 500;

/** What is stored beside a message's content: a bad disk may change a digit of a text, and SQLite does not notice. */
export function checksum(content: string): number {
    return crc32(content);
}

/** @returns `damaged`, with an empty text, when the content is not what was stored */
export function readContent(row: Row): Pick<PushMessage, "content" | "damaged"> {
    const content = row.content as string;
    return row.content_crc === crc32(content) ? { content } : { content: "", damaged: true };
}

/** How many messages wait whose content is damaged. @param waiting their table, and which rows of it */
export function countDamaged(sql: Sql, waiting: string): number {
    let count = 0;
    for (let rows: Row[] = [], after = 0; ; after = rows.at(-1)!.num as number) {
        rows = sql.all(
            `SELECT num, content, content_crc FROM ${waiting} AND num > ? AND content_crc IS NOT NULL ORDER BY num LIMIT ?`,
            after,
            PAGE,
        );
        count += rows.filter((row) => readContent(row).damaged === true).length;
        if (rows.length < PAGE) return count;
    }
}
