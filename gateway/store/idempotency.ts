import { createHash } from "node:crypto";
import type { PushMessage } from "../message.ts";
import type { NewMessage } from "../ports/backlog.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";
import { stateOf } from "./receipts.ts";
import type { Sql } from "./sql.ts";

/**
 * The message that its sender's idempotency key stands for already. "conflict": with other content. Undefined: the key is new, or there is none.
 * @param digest of the message's content
 */
export function earlierMessage(
    sql: Sql,
    message: NewMessage,
    digest: string | undefined,
): PushMessage | "conflict" | undefined {
    const { once, sender, ...content } = message;
    if (once === undefined) return undefined;
    const row = sql.get(
        `SELECT id, receipts.route, receipts.sequence, number, state, content_digest, sent_ms
            FROM receipts LEFT JOIN backlog USING (num) WHERE sender = ? AND once = ?`,
        sender,
        once,
    );
    if (row === undefined) return undefined;
    if (row.content_digest !== digest) return "conflict";
    return {
        ...content,
        id: row.id as string,
        route: row.route as Route,
        to: row.number as E164,
        sequence: row.sequence as number,
        state: stateOf(row),
    };
}

/** Equal for messages with the same content: what a sender may not change under one idempotency key. Undefined: the message has no key. */
export function contentDigest(message: NewMessage): string | undefined {
    const { once, to, body, title, urgency, collapseKey, acceptedMs, expiresMs } = message;
    if (once === undefined) return undefined;
    const content = JSON.stringify([to, body, title, urgency, collapseKey, expiresMs - acceptedMs]);
    return createHash("sha256").update(content).digest("base64url");
}
