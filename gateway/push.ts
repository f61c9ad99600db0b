import { randomBytes } from "node:crypto";
import type { PushFields } from "../shared/push/message.ts";
import type { PushMessage } from "./message.ts";

/** What of a message travels. */
export type Pushed = Pick<
    PushMessage,
    "sequence" | "body" | "title" | "urgency" | "from" | "collapseKey" | "acceptedMs" | "expiresMs"
>;

/** A message id: 128 random bits as base64url, 22 characters. */
export function newMessageId(random: (octets: number) => Buffer = randomBytes): string {
    return random(16).toString("base64url");
}

/**
 * The payload of a push: compact JSON, "n" first, raw UTF-8, absent keys left out. A message that is "now or never" (ttlS 0) says
 * nothing about its end: the gateway has seen to it, and a device's clock is seconds off.
 */
export function encodePush(message: Pushed): Buffer {
    const fields: PushFields = {
        n: message.sequence,
        b: message.body,
        t: message.title,
        u: message.urgency === "normal" ? undefined : message.urgency,
        f: message.from,
        k: message.collapseKey,
        x: message.expiresMs > message.acceptedMs ? Math.ceil(message.expiresMs / 1000) : undefined,
    };
    return Buffer.from(JSON.stringify(fields));
}
