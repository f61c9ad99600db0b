/** Octets of a row's number in an id, and characters of base64url that they make. */
const NUM_OCTETS = 6;
const NUM_CHARS = 8;

/** A message's public id: its row's number, so that no index is needed to find it, and its random tag. */
export function messageId(num: number, tag: string): string {
    const octets = Buffer.allocUnsafe(NUM_OCTETS);
    octets.writeUIntBE(num, 0, NUM_OCTETS);
    return octets.toString("base64url") + tag;
}

/** Undefined: no id of this form. */
export function readMessageId(id: string): { num: number; tag: string } | undefined {
    const octets = Buffer.from(id.slice(0, NUM_CHARS), "base64url");
    return octets.length === NUM_OCTETS
        ? { num: octets.readUIntBE(0, NUM_OCTETS), tag: id.slice(NUM_CHARS) }
        : undefined;
}
