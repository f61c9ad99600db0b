import type { Bytes } from "../shared/bytes.ts";
import { quote } from "../shared/push/fields.ts";
import type { Urgency } from "../shared/push/message.ts";

/** Payload of `read`: the person has read it, and the sender's receipt shows that. */
export function encodeRead(sequence: number): Bytes {
    return '{"n":' + sequence + "}";
}

/** A message to another number, as the application gives it. Text is octets of UTF-8. */
export interface OwnMessage {
    /** a number in E.164 */
    to: Bytes;
    body: Bytes;
    title?: Bytes;
    urgency?: Urgency;
    collapseKey?: Bytes;
    /** seconds that it may wait at the gateway */
    ttl?: number;
    /** the application's own name for it, an idempotency key: sent twice, it is accepted once */
    id?: Bytes;
}

/**
 * Payload of `msg`. The gateway sets `from`.
 * @param count and boot are unique for this device: sent again after a lost PUBACK, the message is accepted once
 */
export function encodeMessage(count: number, boot: number, message: OwnMessage): Bytes {
    let json = '{"i":' + count + ',"g":' + boot + ',"to":' + quote(message.to) + ',"b":' + quote(message.body);
    if (message.title !== undefined) json += ',"t":' + quote(message.title);
    if (message.urgency !== undefined) json += ',"u":' + quote(message.urgency);
    if (message.collapseKey !== undefined) json += ',"k":' + quote(message.collapseKey);
    if (message.ttl !== undefined) json += ',"l":' + message.ttl;
    if (message.id !== undefined) json += ',"id":' + quote(message.id);
    return json + "}";
}
