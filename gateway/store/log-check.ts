import { closeSync, openSync, readSync } from "node:fs";

const HEADER_OCTETS = 32;
const FRAME_HEADER_OCTETS = 24;
const PAGE_OCTETS = 4_096;

/**
 * Whether a store's log has lost something that was on the disk. SQLite takes a log for ended at the first frame that is not whole, as a power
 * cut leaves it, and silently drops what is behind it. But a transaction is begun only when the one before it is on the disk: a commit behind
 * that frame with another frame that continues it was there once. A frame continues the one whose checksum its own goes on from.
 * sqlite.org/fileformat2.html#walformat
 */
export function hasLostFrames(log: string): boolean {
    // a gateway that writes meanwhile shows half a frame once, and not twice
    return findLostFrames(log) && findLostFrames(log);
}

function findLostFrames(log: string): boolean {
    let handle: number;
    try {
        handle = openSync(log, "r");
    } catch {
        return false; // SQLite reports what it cannot read
    }
    try {
        const header = Buffer.alloc(HEADER_OCTETS);
        if (readSync(handle, header, 0, HEADER_OCTETS, 0) < HEADER_OCTETS) return false;
        const bigEndian = (header.readUInt32BE(0) & 1) === 1;
        const sum = (octets: Buffer, from: Sum) => checksum(octets, from, bigEndian);
        const frame = Buffer.alloc(FRAME_HEADER_OCTETS + PAGE_OCTETS);
        let before = sumAt(header, 24);
        const intact = equal(sum(header.subarray(0, 24), [0, 0]), before);
        let salts = intact ? header.subarray(16, 24) : undefined;
        let broken = !intact;
        let committed = false;
        for (
            let at = HEADER_OCTETS;
            readSync(handle, frame, 0, frame.length, at) === frame.length;
            at += frame.length
        ) {
            salts ??= Buffer.from(frame.subarray(8, 16));
            const sameLog = frame.subarray(8, 16).equals(salts);
            const stored = sumAt(frame, 16);
            const continues =
                sameLog && equal(sum(frame.subarray(FRAME_HEADER_OCTETS), sum(frame.subarray(0, 8), before)), stored);
            if (broken && committed && continues) return true;
            if (!continues) broken = true;
            committed = sameLog && frame.readUInt32BE(4) !== 0;
            before = stored;
        }
        return false;
    } finally {
        closeSync(handle);
    }
}

type Sum = readonly [number, number];

const equal = (one: Sum, other: Sum) => one[0] === other[0] && one[1] === other[1];

function sumAt(octets: Buffer, at: number): Sum {
    return [octets.readUInt32BE(at), octets.readUInt32BE(at + 4)];
}

/** Goes on from a checksum. @param octets a multiple of eight, at the beginning of a word */
function checksum(octets: Buffer, [first, second]: Sum, bigEndian: boolean): Sum {
    const { buffer, byteOffset, length } = bigEndian ? Buffer.from(octets).swap32() : octets;
    const words = new Int32Array(buffer, byteOffset, length / 4);
    let [one, two] = [first | 0, second | 0];
    for (let at = 0; at < words.length; at += 2) {
        one = (one + two + words[at]!) | 0;
        two = (two + one + words[at + 1]!) | 0;
    }
    return [one >>> 0, two >>> 0];
}
