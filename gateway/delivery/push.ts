import type { PushFields } from "../../shared/push/message.ts";
import { inboxTopic } from "../../shared/push/topics.ts";
import type { Draft, PushMessage } from "../message.ts";
import type { Route } from "../registration.ts";

/** What of a message travels, its sequence and its end aside. */
export type Content = Pick<Draft, "body" | "title" | "urgency" | "from" | "collapseKey">;

/** Fixed header up to 16,383 octets behind it, the topic's length, the packet id. MQTT 3.1.1 §2.2, §3.3. */
const PUBLISH_OVERHEAD_OCTETS = 3 + 2 + 2;

/** The fields of a push between its first and its last: JSON without the braces, raw UTF-8, absent keys left out. It is encoded once, and stored so. */
export function encodeContent({ body, title, urgency, from, collapseKey }: Content): string {
    const fields: Omit<PushFields, "n"> = {
        b: body,
        t: title,
        u: urgency === "normal" ? undefined : urgency,
        f: from,
        k: collapseKey,
    };
    return JSON.stringify(fields).slice(1, -1);
}

/**
 * The payload of a push: compact JSON, "n" first. A message that is "now or never" (ttlS 0) has no "x": the gateway sees to it, and a device's
 * clock is seconds off.
 */
export function encodePush(message: Pick<PushMessage, "sequence" | "content" | "acceptedMs" | "expiresMs">): string {
    const { sequence, content, acceptedMs, expiresMs } = message;
    const end = expiresMs > acceptedMs ? `,"x":${Math.ceil(expiresMs / 1000)}}` : "}";
    return `{"n":${sequence},${content}${end}`;
}

/** Octets of payload that fit a device which takes packets of that many octets, 128 to 16,386. */
export function payloadRoom(route: Route, packetOctets: number): number {
    return packetOctets - PUBLISH_OVERHEAD_OCTETS - inboxTopic(route).length;
}
