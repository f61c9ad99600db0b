import type { Bytes } from "../bytes.ts";

/** Largest Remaining Length, in octets: four bytes of seven bits. MQTT 3.1.1 §2.2.3, Table 2.4. */
export const MAX_REMAINING_LENGTH = 268435455;

/**
 * Encodes a Remaining Length: one to four bytes, the low seven bits first.
 * @param length octets that follow the fixed header, 0 to MAX_REMAINING_LENGTH
 */
export function encodeRemainingLength(length: number): Bytes {
    if (length < 128) return String.fromCharCode(length);
    const low = length % 128;
    return String.fromCharCode(low + 128) + encodeRemainingLength((length - low) / 128); // exact, so no shifts: Lua 5.1 has none
}
