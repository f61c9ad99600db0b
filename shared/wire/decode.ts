import { readUint16 } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { First } from "./packets.ts";
import type { Publish } from "./packets.ts";

/** Octets of a packet that are in one piece when it is taken: a push's topic, packet id and `{"n":sequence` fit well. */
export const HEAD_OCTETS = 64;

/** A short piece grows to so many octets before there is another: a piece takes a board more than its octets. */
const PIECE_OCTETS = 128;

/** Octets as they came. They are taken where they stand, and a piece is let go as soon as all of it is taken: a board has no room for copies. */
export interface Octets {
    pieces: Bytes[];
    /** the place in the first piece of the first octet that was not taken yet */
    at: number;
    /** octets from there on that belong to the packet taken last: `nextPacket` skips them, those too that are still to come */
    skip: number;
}

/** A stream of octets on its way to packets. */
export interface Decoder extends Octets {
    /** largest whole packet, in octets, that is given out; at least HEAD_OCTETS */
    limit: number;
    /** the packet taken last is over the limit: what follows its head is skipped as it arrives, not kept */
    oversize: boolean;
}

/** Adds octets that came. */
export function addPiece(octets: Octets, data: Bytes): void {
    const pieces = octets.pieces;
    const last = pieces.length - 1;
    if (last < 0 || pieces[last]!.length >= PIECE_OCTETS) pieces.push(data);
    else pieces[last] = pieces[last]! + data;
}

/** Makes one piece of the first two, or only drops the first, when all of it is taken. The place is 0 then. */
export function joinPieces(octets: Octets): void {
    const piece = octets.pieces.shift()!;
    if (octets.at < piece.length) octets.pieces[0] = piece.slice(octets.at) + octets.pieces[0]!;
    octets.at = 0;
}

/**
 * Takes the next packet's fixed header: what follows it, `skip` octets, is for the caller to take, or it is skipped.
 * @returns type and flags. Undefined: the packet is not there as a whole yet. MQTT 3.1.1 §2.2
 */
export function nextPacket(decoder: Decoder): First | undefined {
    const pieces = decoder.pieces;
    let at = decoder.at + decoder.skip;
    let there = -at;
    for (const piece of pieces) there += piece.length;
    while (pieces.length > 0 && at >= pieces[0]!.length) at -= pieces.shift()!.length;
    decoder.at = at;
    decoder.skip = 0;
    if (pieces.length === 0) {
        decoder.at = 0;
        decoder.skip = at;
        return undefined;
    }
    while (pieces.length > 1 && pieces[0]!.length - decoder.at < HEAD_OCTETS) joinPieces(decoder);
    const piece = pieces[0]!;
    at = decoder.at;
    let first = piece.charCodeAt(at) as First;
    let length = 0;
    let scale = 1;
    let octet = 0;
    let digits = 0;
    do {
        digits++;
        octet = piece.charCodeAt(at + digits);
        length += (octet % 128) * scale;
        scale *= 128;
    } while (octet > 127 && digits < 4);
    // a length of more than four octets; or too long, for only a PUBLISH is: no need to wait for the rest of a web page
    if (octet > 127 || (length > 3 && (first < First.publish || first >= First.puback))) {
        first = First.garbled;
        length = 0;
    }
    digits++;
    const oversize = length + digits > decoder.limit;
    // nor when the length is not a number, because an octet of it is not there yet
    if (!(there >= (oversize ? HEAD_OCTETS : length + digits))) return undefined;
    decoder.at = at + digits;
    decoder.skip = length;
    decoder.oversize = oversize;
    return first;
}

/**
 * Takes a PUBLISH's variable header, at QoS 0 or 1; a device asks for no more, and for no topic that is longer than a packet's head.
 * Undefined: it is something else, or breaks MQTT 3.1.1 §3.3.1 or §3.3.2.
 */
export function readPublish(decoder: Decoder, first: First): Publish | undefined {
    const piece = decoder.pieces[0]!;
    const at = decoder.at;
    const flags = first - First.publish;
    const qos = Math.floor((flags % 8) / 2);
    const topicEnd = at + 2 + readUint16(piece, at);
    const payloadAt = topicEnd + qos * 2;
    // DUP is for QoS 1 only; and where octets are missing, payloadAt is not a number
    if (flags < 0 || flags > 15 || qos > 1 || flags - qos * 8 > 7) return undefined;
    if (!(payloadAt <= Math.min(at + decoder.skip, piece.length))) return undefined;
    const packetId = qos === 0 ? 0 : readUint16(piece, topicEnd);
    if (packetId < qos) return undefined;
    decoder.skip -= payloadAt - at;
    decoder.at = payloadAt;
    return { topic: piece.slice(at + 2, topicEnd), packetId: packetId };
}
