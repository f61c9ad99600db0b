import type { Bytes } from "../bytes.ts";

/** Control packet types, MQTT 3.1.1 §2.2.1, Table 2.1: those that a device writes or takes. */
export const enum PacketType {
    connect = 1,
    connack = 2,
    publish = 3,
    puback = 4,
    subscribe = 8,
    suback = 9,
    pingreq = 12,
    pingresp = 13,
    disconnect = 14,
}

/** What a device can meet on its connection. */
export type Packet = Connack | Publish | Puback | Suback | Pingresp | Oversize | Garbled;

/** @see MQTT 3.1.1 §3.2 */
export interface Connack {
    type: PacketType.connack;
    /** 0 accepted, 1 to 5 refused: §3.2.2.3, Table 3.1 */
    returnCode: number;
}

/** @see MQTT 3.1.1 §3.3 */
export interface Publish {
    type: PacketType.publish;
    topic: Bytes;
    /** 0 or 1: a device asks for no more */
    qos: number;
    /** 1 to 65535; 0 with QoS 0 */
    packetId: number;
    payload: Bytes;
}

/** @see MQTT 3.1.1 §3.4 */
export interface Puback {
    type: PacketType.puback;
    packetId: number;
}

/** @see MQTT 3.1.1 §3.9. A device subscribes to one filter at a time, so there is one code. */
export interface Suback {
    type: PacketType.suback;
    packetId: number;
    /** the QoS granted, or 128: refused */
    returnCode: number;
}

/** @see MQTT 3.1.1 §3.13 */
export interface Pingresp {
    type: PacketType.pingresp;
}

/** A PUBLISH over the limit: its first octets. The rest is skipped as it arrives, not buffered. */
export interface Oversize {
    type: "oversize";
    qos: number;
    packetId: number;
    /** the payload's first octets, HEAD_OCTETS at most less what the topic took */
    head: Bytes;
}

/** Octets that no gateway may send. Nothing behind them is read. */
export interface Garbled {
    type: "garbled";
}
