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
    /** octets still to come of a packet that is over the limit: they are not kept */
    skip: number;
}

/** Takes the next packet of what was added to the buffer. Undefined: it is not there as a whole yet. MQTT 3.1.1 §2.2 */
export function nextPacket(decoder: Decoder): Packet | undefined {
    const buffer = decoder.skip === 0 ? decoder.buffer : decoder.buffer.slice(decoder.skip);
    decoder.skip = Math.max(0, decoder.skip - decoder.buffer.length);
    decoder.buffer = buffer;
    let first = buffer.charCodeAt(0) as First;
    let end = 0;
    let scale = 1;
    let at = 0;
    let octet = 0;
    do {
        at++;
        octet = buffer.charCodeAt(at);
        end += (octet % 128) * scale;
        scale *= 128;
    } while (octet > 127 && at < 4);
    at++;
    // a length of more than four octets; or too long, for only a PUBLISH is: no need to wait for the rest of a web page
    if (octet > 127 || (end > 3 && (first < First.publish || first >= First.puback))) {
        first = First.garbled;
        end = 0;
    }
    end += at;
    const oversize = end > decoder.limit;
    const needed = oversize ? HEAD_OCTETS : end;
    if (!(buffer.length >= needed)) return undefined; // nor when `end` is not a number, because an octet of it is not there yet
    decoder.buffer = buffer.slice(end); // at once: each copy of a packet takes the memory that its handler needs
    decoder.skip = Math.max(0, end - buffer.length);
    return { first: first, rest: buffer.slice(at, needed), oversize: oversize };
}

/** Reads a PUBLISH at QoS 0 or 1; a device asks for no more. Undefined: it is something else, or breaks MQTT 3.1.1 §3.3.1 or §3.3.2. */
export function readPublish(packet: Packet): Publish | undefined {
    const rest = packet.rest;
    const flags = packet.first - First.publish;
    const qos = Math.floor((flags % 8) / 2);
    const topicEnd = 2 + readUint16(rest, 0);
    const payloadAt = topicEnd + qos * 2;
    // DUP is for QoS 1 only; and where octets are missing, payloadAt is not a number
    if (flags < 0 || flags > 15 || qos > 1 || flags - qos * 8 > 7 || !(payloadAt <= rest.length)) return undefined;
    const packetId = qos === 0 ? 0 : readUint16(rest, topicEnd);
    if (packetId < qos) return undefined;
    return { topic: rest.slice(2, topicEnd), packetId: packetId, payload: rest.slice(payloadAt) };
}
