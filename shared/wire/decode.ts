import { readUint16 } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { PacketType } from "./packets.ts";
import type { Packet } from "./packets.ts";

/** Octets kept of a PUBLISH that is over the limit: its topic, packet id and `{"n":sequence` fit well. */
export const HEAD_OCTETS = 64;

/** A stream of octets on its way to packets. Never holds more than `limit` octets and the chunk that came in. */
export interface Decoder {
    /** largest whole packet, in octets, that is given out */
    limit: number;
    buffer: Bytes;
    /** octets still to come of a packet that is over the limit */
    skip: number;
}

/** @param limit largest whole packet in octets, at least HEAD_OCTETS */
export function createDecoder(limit: number): Decoder {
    return { limit: limit, buffer: "", skip: 0 };
}

/** @param at where the Remaining Length ended @param end where the packet, or what there is of it, ends */
function decodePublish(data: Bytes, at: number, end: number, flags: number, whole: boolean): Packet | undefined {
    const qos = Math.floor((flags % 8) / 2);
    // QoS 2 and 3 were never asked for; DUP is for QoS 1 only (§3.3.1.1)
    if (qos > 1 || (qos === 0 && flags >= 8) || at + 2 > end) return undefined;
    const topicEnd = at + 2 + readUint16(data, at);
    const payloadAt = topicEnd + qos * 2;
    if (payloadAt > end) return undefined;
    const packetId = qos === 0 ? 0 : readUint16(data, topicEnd);
    if (qos === 1 && packetId === 0) return undefined;
    const payload = data.slice(payloadAt, end);
    if (!whole) return { type: "oversize", qos: qos, packetId: packetId, head: payload };
    return {
        type: PacketType.publish,
        topic: data.slice(at + 2, topicEnd),
        qos: qos,
        packetId: packetId,
        payload: payload,
    };
}

/** The packets with a fixed length, all without flags. Undefined: not one that a gateway may send. */
function decodeShort(data: Bytes, type: PacketType, at: number, length: number): Packet | undefined {
    if (type === PacketType.pingresp && length === 0) return { type: PacketType.pingresp };
    if (length < 2) return undefined;
    const packetId = readUint16(data, at);
    if (type === PacketType.connack && length === 2 && data.charCodeAt(at + 1) < 6) {
        return { type: PacketType.connack, returnCode: data.charCodeAt(at + 1) };
    }
    if (packetId === 0) return undefined;
    if (type === PacketType.puback && length === 2) return { type: PacketType.puback, packetId: packetId };
    if (type === PacketType.suback && length === 3) {
        return { type: PacketType.suback, packetId: packetId, returnCode: data.charCodeAt(at + 2) };
    }
    return undefined;
}

/**
 * Takes octets, however the network cut them, and gives the packets that are whole now. After a `garbled` one the decoder
 * is of no more use: make another with the next connection.
 */
export function decode(decoder: Decoder, data: Bytes): Packet[] {
    const packets: Packet[] = [];
    let buffer = decoder.buffer + data.slice(decoder.skip);
    decoder.skip = Math.max(0, decoder.skip - data.length);
    while (buffer.length > 1) {
        const first = buffer.charCodeAt(0);
        const flags = first % 16;
        const type: PacketType = (first - flags) / 16;
        let length = 0;
        let scale = 1;
        let at = 1;
        let octet = 128;
        while (octet > 127 && at < buffer.length && at < 5) {
            octet = buffer.charCodeAt(at);
            length += (octet % 128) * scale;
            scale *= 128;
            at++;
        }
        if (octet > 127 && at < 5) break; // the length itself is not whole yet
        const end = at + length;
        const over = end > decoder.limit;
        const needed = over ? Math.min(end, HEAD_OCTETS) : end;
        let packet: Packet | undefined;
        // a fifth length octet, or flags where none may be, or too long for anything but a PUBLISH: no need to wait for the rest
        if (octet < 128 && (type === PacketType.publish || (flags === 0 && !over))) {
            if (buffer.length < needed) break;
            packet =
                type === PacketType.publish
                    ? decodePublish(buffer, at, needed, flags, !over)
                    : decodeShort(buffer, type, at, length);
        }
        if (packet === undefined) {
            packets.push({ type: "garbled" });
            buffer = "";
            break;
        }
        packets.push(packet);
        decoder.skip = Math.max(0, end - buffer.length);
        buffer = buffer.slice(end);
    }
    decoder.buffer = buffer;
    return packets;
}
