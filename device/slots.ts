/**
 * Flash that survives a power cut: each name has two slots, and a write goes to the one not in use. A slot is
 * sequence (two octets) · length (two octets) · text · Adler-32 of all that. What was torn, erased or never written does
 * not fit its checksum, and the other slot still holds the state before.
 */
import type { Bytes } from "../shared/bytes.ts";
import { encodeString, encodeUint16, readUint16 } from "../shared/bytes.ts";

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

/** What to write to a slot. @param sequence one more than the slot in use has @param text 0 to 65535 octets */
export function frame(sequence: number, text: Bytes): Bytes {
    const content = encodeUint16(sequence % ROUND) + encodeString(text);
    let low = 1;
    let high = 0;
    for (let i = 0; i < content.length; i++) {
        low = (low + content.charCodeAt(i)) % ADLER_MODULO;
        high = (high + low) % ADLER_MODULO;
    }
    return content + encodeUint16(high) + encodeUint16(low);
}

/** The newer of the slots that are whole. Undefined: nothing was ever written, or both are torn. */
export function choose(first: Bytes | undefined, second: Bytes | undefined): Chosen | undefined {
    let best: Chosen | undefined;
    for (let slot = 0; slot < 2; slot++) {
        const data = slot === 0 ? first : second;
        if (data === undefined || data.length < 8) continue;
        const sequence = readUint16(data, 0);
        const text = data.slice(4, data.length - 4);
        if (frame(sequence, text) !== data) continue;
        if (best === undefined || (sequence - best.sequence + ROUND) % ROUND < ROUND / 2) {
            best = { sequence: sequence, text: text, slot: slot };
        }
    }
    return best;
}
