import { isUtf8 } from "node:buffer";
import { FieldReader } from "./field-reader.ts";
import type { Frame } from "./framer.ts";
import { CONNACK, CONNECT } from "./packet-types.ts";
import { Refused, Violation } from "./violation.ts";

/** What a CONNECT asks for. Its will is left out: numbers have none, so it is accepted and never published. MQTT 3.1.1 §3.1. */
export interface ConnectRequest {
    clientId: string;
    userName: string | undefined;
    /** undefined too when it is not UTF-8: no secret, code or token is */
    password: string | undefined;
    keepAliveS: number;
    cleanSession: boolean;
}

const NAME = Buffer.from("MQTT");
const LEVEL = 4;
/** Of MQTT 3.1, which came before the standard: its clients get an answer, and are not just cut off. */
const OLD_NAME = Buffer.from("MQIsdp");

/** Reads a CONNECT. @throws Violation, and Refused when it is of another MQTT than 3.1.1, which has to be answered (MQTT-3.1.2-2) */
export function readConnect(frame: Frame): ConnectRequest {
    if (frame.type !== CONNECT) throw new Violation("MQTT-3.1.0-1: the first packet is not CONNECT");
    const fields = new FieldReader(frame.octets, frame.bodyAt);
    const name = fields.text();
    const old = name.equals(OLD_NAME);
    if (!old && !name.equals(NAME)) throw new Violation("MQTT-3.1.2-1: the protocol is not MQTT");
    if (old || fields.octet() !== LEVEL) {
        throw new Refused(CONNACK.badVersion, "not MQTT 3.1.1, the only one that is offered");
    }

    const flags = fields.octet();
    const will = (flags & 0x04) !== 0;
    if ((flags & 0x01) !== 0) throw new Violation("MQTT-3.1.2-3: the reserved flag of CONNECT is set");
    if ((flags & 0x18) === 0x18) throw new Violation("MQTT-3.1.2-14: will with QoS 3");
    if (!will && (flags & 0x38) !== 0) throw new Violation("MQTT-3.1.2-13: will QoS or will retain without a will");
    if ((flags & 0xc0) === 0x40) throw new Violation("MQTT-3.1.2-22: a password without a user name");

    const keepAliveS = fields.uint16();
    const clientId = fields.text().toString();
    if (will) {
        fields.text();
        fields.binary();
    }
    const userName = (flags & 0x80) !== 0 ? fields.text().toString() : undefined;
    const password = (flags & 0x40) !== 0 ? fields.binary() : undefined;
    fields.end();
    const text = password !== undefined && isUtf8(password) ? password.toString() : undefined;
    return { clientId, userName, password: text, keepAliveS, cleanSession: (flags & 0x02) !== 0 };
}
