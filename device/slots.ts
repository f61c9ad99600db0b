/**
 * Flash that survives a power cut: each name has two slots, and a write goes to the one not in use. A slot is
 * sequence (two octets) · length (two octets) · text · Adler-32 of all that. What was torn, erased or never written does
 * not fit its checksum, and the other slot still holds the state before.
 */
import type { Bytes } from "../shared/bytes.ts";
import { encodeString, encodeUint16, readUint16 } from "../shared/bytes.ts";

/** Octets around the text: sequence, length and checksum. */
const FRAME_OCTETS = 8;
/** Sequences go round here: the newer of two is the one less than half a round ahead. */
const ROUND = 65536;
/** RFC 1950 §9: the largest prime below 65536. Both sums stay far below 2^31, so 32-bit integers do. */
const ADLER_MODULO = 65521;

/** The slot that counts: 0 the first, 1 the second. */
export interface Chosen {
    sequence: number;
    text: Bytes;
    slot: number;
}

/** Adler-32, high octet first. RFC 1950 §8.2. */
function checksum(data: Bytes): Bytes {
    let low = 1;
    let high = 0;
    for (let i = 0; i < data.length; i++) {
        low = (low + data.charCodeAt(i)) % ADLER_MODULO;
        high = (high + low) % ADLER_MODULO;
    }
    return encodeUint16(high) + encodeUint16(low);
}

/** What to write to a slot. @param sequence one more than the slot in use has @param text 0 to 65535 octets */
export function frame(sequence: number, text: Bytes): Bytes {
    const content = encodeUint16(sequence % ROUND) + encodeString(text);
    return content + checksum(content);
}

function readFrame(data: Bytes | undefined, slot: number): Chosen | undefined {
    if (data === undefined || data.length < FRAME_OCTETS || data.length !== readUint16(data, 2) + FRAME_OCTETS) {
        return undefined;
    }
    const end = data.length - 4;
    if (data.slice(end) !== checksum(data.slice(0, end))) return undefined;
    return { sequence: readUint16(data, 0), text: data.slice(4, end), slot: slot };
}

/** The newer of the slots that are whole. Undefined: nothing was ever written, or both are torn. */
export function choose(first: Bytes | undefined, second: Bytes | undefined): Chosen | undefined {
    const a = readFrame(first, 0);
    const b = readFrame(second, 1);
    if (a === undefined) return b;
    if (b === undefined) return a;
    return (b.sequence - a.sequence + ROUND) % ROUND < ROUND / 2 ? b : a;
}
