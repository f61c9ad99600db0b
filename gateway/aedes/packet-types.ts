/** Control packet types that a gateway reads or writes. MQTT 3.1.1 §2.2.1, Table 2.1. */
export const CONNECT = 1;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const UNSUBSCRIBE = 10;
export const PINGREQ = 12;
export const DISCONNECT = 14;

/** CONNACK return codes. MQTT 3.1.1 §3.2.2.3, Table 3.1. */
export const CONNACK = {
    badVersion: 1,
    badClientId: 2,
    unavailable: 3,
    badCredentials: 4,
} as const;
export type ConnackCode = (typeof CONNACK)[keyof typeof CONNACK];

/** A CONNACK, no session present. MQTT 3.1.1 §3.2. */
export function encodeConnack(code: ConnackCode): Buffer {
    return Buffer.from([0x20, 2, 0, code]);
}

/** What answers a PUBLISH or a PUBREL. MQTT 3.1.1 §3.4, §3.5, §3.7. */
export function encodeAcknowledgement(type: typeof PUBACK | typeof PUBREC | typeof PUBCOMP, packetId: number): Buffer {
    const packet = Buffer.allocUnsafe(4);
    packet[0] = type << 4;
    packet[1] = 2;
    packet.writeUInt16BE(packetId, 2);
    return packet;
}

/** MQTT 3.1.1 §3.13. */
export const PINGRESP = Buffer.from([0xd0, 0]);
