import type { Bytes } from "../shared/bytes.ts";
import { quote } from "../shared/push/fields.ts";

/** Payload of `read`: the person has read it, and the sender's receipt says so. */
export function encodeRead(sequence: number): Bytes {
    return '{"n":' + sequence + "}";
}

/**
 * Payload of `msg`: a message to another number. The gateway sets `from`.
 * @param id and boot tell the saying from all others of this device: said again after a lost PUBACK, it is accepted once
 * @param to a number in E.164
 */
export function encodeMessage(id: number, boot: number, to: Bytes, body: Bytes, title: Bytes | undefined): Bytes {
    const head = '{"i":' + id + ',"g":' + boot + ',"to":' + quote(to) + ',"b":' + quote(body);
    return head + (title === undefined ? "}" : ',"t":' + quote(title) + "}");
}
