import { readUint16 } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { First } from "./packets.ts";
import type { Packet, Publish } from "./packets.ts";

/** Octets kept of a packet that is over the limit: a push's topic, packet id and `{"n":sequence` fit well. */
export const HEAD_OCTETS = 64;

/** A stream of octets on its way to packets. */
export interface Decoder {
    /** largest whole packet, in octets, that is given out; at least HEAD_OCTETS */
    limit: number;
    /** what came and was not taken yet: less than `limit` octets after `nextPacket` gave undefined */
    buffer: Bytes;
    /** octets still to come of a packet that is over the limit */
    skip: number;
}

/** Adds octets as the network cut them. */
export function append(decoder: Decoder, data: Bytes): void {
    decoder.buffer += data.slice(decoder.skip);
    decoder.skip = Math.max(0, decoder.skip - data.length);
}

/** Takes the next packet. Undefined: it is not there as a whole yet. MQTT 3.1.1 §2.2 */
export function nextPacket(decoder: Decoder): Packet | undefined {
    const buffer = decoder.buffer;
    let length = 0;
    let scale = 1;
    let at = 1;
    let octet = 128;
    while (octet > 127 && at < 5) {
        if (at >= buffer.length) return undefined;
        octet = buffer.charCodeAt(at);
        length += (octet % 128) * scale;
        scale *= 128;
        at++;
    }
    const first = buffer.charCodeAt(0) as First;
    // a length of more than four octets; or too long, for only a PUBLISH is: no need to wait for the rest of a web page
    if (octet > 127 || (length > 3 && (first < First.publish || first >= First.puback)))
        return { first: First.garbled, rest: "", oversize: false };
    const end = at + length;
    const oversize = end > decoder.limit;
    const needed = oversize ? HEAD_OCTETS : end;
    if (buffer.length < needed) return undefined;
    decoder.skip = Math.max(0, end - buffer.length);
    decoder.buffer = buffer.slice(end);
    return { first: first, rest: buffer.slice(at, needed), oversize: oversize };
}

/** Reads a PUBLISH at QoS 0 or 1; a device asks for no more. Undefined: it breaks MQTT 3.1.1 §3.3.1 or §3.3.2. */
export function readPublish(packet: Packet): Publish | undefined {
    const rest = packet.rest;
    const flags = packet.first - First.publish;
    const qos = Math.floor((flags % 8) / 2);
    // DUP is for QoS 1 only
    if (flags < 0 || flags > 15 || qos > 1 || (qos === 0 && flags > 7) || rest.length < 2) return undefined;
    const topicEnd = 2 + readUint16(rest, 0);
    const payloadAt = topicEnd + qos * 2;
    if (payloadAt > rest.length) return undefined;
    const packetId = qos === 0 ? 0 : readUint16(rest, topicEnd);
    if (packetId < qos) return undefined;
    return { topic: rest.slice(2, topicEnd), packetId: packetId, payload: rest.slice(payloadAt) };
}
