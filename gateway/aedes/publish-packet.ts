import { encodeRemainingLength } from "../../shared/wire/remaining-length.ts";
import { digest } from "./digest.ts";
import { FieldReader } from "./field-reader.ts";
import type { Frame } from "./framer.ts";
import { PUBLISH } from "./packet-types.ts";

/** A PUBLISH of a client. RETAIN is ignored: there is nothing to retain for a number. MQTT 3.1.1 §3.3. */
export interface Publish {
    /** U+FFFD stands for what is not UTF-8: no topic of ours has it */
    topic: string;
    qos: number;
    /** 0 with QoS 0 */
    packetId: number;
    /** undefined: the packet was longer than the client may send, and its payload was skipped */
    payload: Buffer | undefined;
    /** a digest of a payload that was skipped */
    skipped?: string | undefined;
}

/** Reads a PUBLISH. What its topic and payload may be is for the client's peer to judge. @throws Violation */
export function readPublish({ octets, bodyAt, flags, skipped }: Frame): Publish {
    const fields = new FieldReader(octets, bodyAt);
    const qos = (flags >> 1) & 3;
    const topic = fields.decoded();
    const packetId = qos === 0 ? 0 : fields.packetId();
    return { topic, qos, packetId, payload: skipped === undefined ? fields.rest() : undefined, skipped };
}

/** The packet id, which is all of a PUBACK and a PUBREL. @throws Violation */
export function readPacketId({ octets, bodyAt }: Frame): number {
    return new FieldReader(octets, bodyAt).packetId();
}

/** Stands for topic, QoS and payload. The same message sent again has the same, whatever its packet id and DUP. */
export function identityOf({ topic, qos, payload, skipped }: Publish): string {
    return digest(`${qos} ${topic.length} `, topic, skipped ?? digest(payload!));
}

/** A PUBLISH to a client. @param topic ASCII @param packetId 0: QoS 0 */
export function encodePublish(topic: string, payload: Buffer, packetId: number): Buffer {
    const idOctets = packetId === 0 ? 0 : 2;
    const length = encodeRemainingLength(2 + topic.length + idOctets + payload.length);
    const payloadAt = 1 + length.length + 2 + topic.length + idOctets;
    const packet = Buffer.allocUnsafe(payloadAt + payload.length);
    packet[0] = (PUBLISH << 4) | idOctets; // QoS 1 is flag 2
    let at = 1 + packet.write(length, 1, "latin1");
    at = packet.writeUInt16BE(topic.length, at);
    at += packet.write(topic, at, "latin1");
    if (packetId !== 0) packet.writeUInt16BE(packetId, at);
    packet.set(payload, payloadAt);
    return packet;
}
