import type { PushFields } from "../../shared/push/message.ts";
import { inboxTopic } from "../../shared/push/topics.ts";
import type { PushMessage } from "../message.ts";
import type { Route } from "../registration.ts";

/** What of a message travels. */
export type Pushed = Pick<
    PushMessage,
    "sequence" | "body" | "title" | "urgency" | "from" | "collapseKey" | "acceptedMs" | "expiresMs"
>;

/** Fixed header up to 16,383 octets behind it, the topic's length, the packet id. MQTT 3.1.1 §2.2, §3.3. */
const PUBLISH_OVERHEAD_OCTETS = 3 + 2 + 2;

/**
 * The payload of a push: compact JSON, "n" first, raw UTF-8, absent keys left out. A message that is "now or never" (ttlS 0) has
 * no "x": the gateway sees to it, and a device's clock is seconds off.
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

/** Octets of payload that fit a device which takes packets of that many octets, 128 to 16,386. */
export function payloadRoom(route: Route, packetOctets: number): number {
    return packetOctets - PUBLISH_OVERHEAD_OCTETS - inboxTopic(route).length;
}
