/** Control packet types that a gateway takes or writes. MQTT 3.1.1 §2.2.1, Table 2.1. */
export const CONNECT = 1;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBSCRIBE = 8;
export const UNSUBSCRIBE = 10;
export const PINGREQ = 12;
export const DISCONNECT = 14;

/** CONNACK return codes. MQTT 3.1.1 §3.2.2.3, Table 3.1. */
export const CONNACK = {
    accepted: 0,
    badVersion: 1,
    badClientId: 2,
    unavailable: 3,
    badCredentials: 4,
    notAuthorized: 5,
} as const;
export type ConnackCode = (typeof CONNACK)[keyof typeof CONNACK];

/** A CONNACK as it is written, no session present. MQTT 3.1.1 §3.2. */
export function encodeConnack(code: ConnackCode): Buffer {
    return Buffer.from([0x20, 2, 0, code]);
}
