import type { Bytes } from "../shared/bytes.ts";
import { quote } from "../shared/push/fields.ts";

/** Payload of `read`: the person has read it, and the sender's receipt shows that. */
export function encodeRead(sequence: number): Bytes {
    return '{"n":' + sequence + "}";
}

/**
 * Payload of `msg`: a message to another number. The gateway sets `from`.
 * @param id and boot are unique for this device: sent again after a lost PUBACK, the message is accepted once
 * @param to a number in E.164
 */
export function encodeMessage(id: number, boot: number, to: Bytes, body: Bytes, title: Bytes | undefined): Bytes {
    const head = '{"i":' + id + ',"g":' + boot + ',"to":' + quote(to) + ',"b":' + quote(body);
    return head + (title === undefined ? "}" : ',"t":' + quote(title) + "}");
}
