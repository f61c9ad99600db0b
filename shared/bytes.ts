/**
 * A string of octets, one character (U+0000 to U+00FF) each: what both boards' sockets give and take. Text in it is UTF-8,
 * untouched. Node's counterpart is a Buffer read as "latin1".
 */
export type Bytes = string;

/** Two octets, the high one first. MQTT 3.1.1 §1.5.2. @param value 0 to 65535 */
export function encodeUint16(value: number): Bytes {
    const low = value % 256;
    return String.fromCharCode((value - low) / 256, low);
}

/** Reads two octets, the high one first. The caller has made sure that both are there. */
export function readUint16(data: Bytes, at: number): number {
    return data.charCodeAt(at) * 256 + data.charCodeAt(at + 1);
}

/** Length (two octets), then the octets themselves. MQTT 3.1.1 §1.5.3. @param text 0 to 65535 octets */
export function encodeString(text: Bytes): Bytes {
    return encodeUint16(text.length) + text;
}
