import type { PushMessage } from "../message.ts";
import type { NewMessage } from "../ports/backlog.ts";
import type { PublicationStore } from "../ports/publications.ts";
import { write, type CallsOf } from "./call.ts";
import { storedMessage } from "./receipts.ts";
import type { Sql } from "./sql.ts";

/**
 * How a PUBLISH of QoS 1 that is said again, because its PUBACK was lost, is known: by publisher, packet id and content, from the moment its message is stored,
 * in the same transaction, until its publisher has the PUBACK for all that can be known. That ends when
 * - the packet id comes with another message: it is free again;
 * - the publisher is heard on the same connection some seconds after the PUBACK (`publisherKnows`);
 * - the publisher connects for the second time since: a client says again what it has to on its next connection, and one whose program was
 *   started anew may by chance use the same packet id for the same words;
 * - it is too long ago.
 * In doubt a message is stored: twice is better than never.
 */

/** How long a message may be said again. */
const REPEATABLE_MS = 3_600_000;
/** Rows that one call deletes at most: the thread is needed by others. */
const MAX_FORGOTTEN_AT_ONCE = 2_000;

/** The message that this one repeats, said again now. */
export function repeatedPublication(sql: Sql, message: NewMessage): PushMessage | undefined {
    const { publication, acceptedMs } = message;
    if (publication?.again !== true) return undefined;
    const row = sql.get(
        `UPDATE publications SET at_ms = ?, connections = 0
            WHERE publisher = ? AND packet_id = ? AND content = ? AND at_ms > ? RETURNING num`,
        acceptedMs,
        publication.publisher,
        publication.packetId,
        publication.content,
        acceptedMs - REPEATABLE_MS,
    );
    return row && storedMessage(sql, message, row.num as number);
}

/** From now on the packet id stands for this message. @param num undefined: for none, for it was not stored */
export function notePublication(sql: Sql, { publication, acceptedMs }: NewMessage, num: number | undefined): void {
    if (publication === undefined) return;
    const { publisher, packetId, content } = publication;
    if (num === undefined) {
        sql.run("DELETE FROM publications WHERE publisher = ? AND packet_id = ?", publisher, packetId);
        return;
    }
    sql.run(
        "INSERT OR REPLACE INTO publications (publisher, packet_id, content, num, at_ms, connections) VALUES (?, ?, ?, ?, ?, 0)",
        publisher,
        packetId,
        content,
        num,
        acceptedMs,
    );
}

export function publicationCalls(sql: Sql): CallsOf<PublicationStore> {
    return {
        came: write((publisher) => {
            sql.run("DELETE FROM publications WHERE publisher = ? AND connections > 0", publisher);
            sql.run("UPDATE publications SET connections = 1 WHERE publisher = ?", publisher);
        }),
        knows: write((publisher, untilMs) => {
            sql.run("DELETE FROM publications WHERE publisher = ? AND at_ms < ?", publisher, untilMs);
        }),
    };
}

/** Forgets what can no longer be said again. */
export function expirePublications(sql: Sql, nowMs: number): void {
    sql.run(
        `DELETE FROM publications WHERE (publisher, packet_id) IN
            (SELECT publisher, packet_id FROM publications WHERE at_ms <= ? LIMIT ?)`,
        nowMs - REPEATABLE_MS,
        MAX_FORGOTTEN_AT_ONCE,
    );
}
