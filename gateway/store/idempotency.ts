import { createHash } from "node:crypto";
import type { PushFields } from "../../shared/push/message.ts";
import type { NewMessage, Placed } from "../ports/backlog.ts";
import { idOf, stateOf } from "./receipts.ts";
import type { Sql } from "./sql.ts";

/**
 * The message that its sender's idempotency key stands for already. "conflict": with other content. Undefined: the key is new, or there is none.
 * @param digest of the message's content
 */
export function earlierMessage(
    sql: Sql,
    { sender, once }: NewMessage,
    digest: string | undefined,
): Placed | "conflict" | undefined {
    if (once === undefined) return undefined;
    const row = sql.get("SELECT * FROM messages WHERE sender = ? AND once = ?", sender, once);
    if (row === undefined) return undefined;
    if (row.content_digest !== digest) return "conflict";
    const sequence = row.sequence as number;
    return { id: idOf(row), sequence, state: stateOf(row), repeated: true };
}

/** Equal for messages with the same content: what a sender may not change under one idempotency key. Undefined: the message has no key. */
export function contentDigest(message: NewMessage): string | undefined {
    const { once, to, urgency, collapseKey, acceptedMs, expiresMs } = message;
    if (once === undefined) return undefined;
    const { b: body, t: title } = JSON.parse(`{${message.content}}`) as PushFields;
    const content = JSON.stringify([to, body, title, urgency, collapseKey, expiresMs - acceptedMs]);
    return createHash("sha256").update(content).digest("base64url");
}
