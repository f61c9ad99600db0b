import { digest } from "./digest.ts";
import { FieldReader } from "./field-reader.ts";
import type { Frame } from "./framer.ts";

/** A PUBLISH of a client. RETAIN is ignored: there is nothing to retain for a number. MQTT 3.1.1 §3.3. */
export interface Publish {
    /** U+FFFD stands for what is not UTF-8: no topic of ours has it */
    topic: string;
    qos: number;
    /** 0 with QoS 0 */
    packetId: number;
    /** undefined: the packet was longer than the client may send, and its payload was skipped */
    payload: Buffer | undefined;
    /** Stands for topic, QoS and payload. The same message sent again has the same, whatever its packet id and DUP. */
    identity(): string;
}

/** Reads a PUBLISH. What its topic and payload may be is for the client's peer to judge. @throws Violation */
export function readPublish({ octets, bodyAt, flags, skipped }: Frame): Publish {
    const fields = new FieldReader(octets, bodyAt);
    const qos = (flags >> 1) & 3;
    const topic = fields.binary();
    const packetId = qos === 0 ? 0 : fields.packetId();
    const payload = skipped === undefined ? fields.rest() : undefined;
    return {
        topic: topic.toString(),
        qos,
        packetId,
        payload,
        identity: () => digest(`${qos} ${topic.length} `, topic, skipped ?? digest(payload!)),
    };
}
