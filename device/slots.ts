/**
 * Flash that survives a power cut: each name has two slots, and a write goes to the one not in use. A slot is
 * sequence (two octets) · text · checksum of all that (two octets). What was torn, erased or never written does not fit its
 * checksum, and the other slot still holds the state before.
 */
import type { Bytes } from "../shared/bytes.ts";
import { encodeUint16, readUint16 } from "../shared/bytes.ts";

/** Sequences go round here: the newer of two is the one less than half a round ahead. */
const ROUND = 65536;
/** The content is a number with this base, its checksum the remainder by the largest prime below 65536: 32-bit integers do. */
const BASE = 257;
const MODULO = 65521;

/** The slot that counts: 0 the first, 1 the second. */
export interface Chosen {
    sequence: number;
    text: Bytes;
    slot: number;
}

/** What to write to a slot. @param sequence one more than the slot in use has @param text 0 to 65535 octets */
export function frame(sequence: number, text: Bytes): Bytes {
    const content = encodeUint16(sequence % ROUND) + text;
    let check = 1;
    for (let i = 0; i < content.length; i++) check = (check * BASE + content.charCodeAt(i)) % MODULO;
    return content + encodeUint16(check);
}

/** The newer of the slots that are whole. Nothing was ever written, or both are torn: no text, as if the second one were the newer. */
export function choose(first: Bytes | undefined, second: Bytes | undefined): Chosen {
    let best: Chosen | undefined;
    for (let slot = 0; slot < 2; slot++) {
        const data = slot === 0 ? first : second;
        if (data !== undefined && data.length > 3) {
            const sequence = readUint16(data, 0);
            const text = data.slice(2, data.length - 2);
            const newer = best === undefined || (sequence - best.sequence + ROUND) % ROUND < ROUND / 2;
            if (newer && frame(sequence, text) === data) best = { sequence: sequence, text: text, slot: slot };
        }
    }
    return best === undefined ? { sequence: 0, text: "", slot: 1 } : best;
}
