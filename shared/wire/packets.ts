import type { Bytes } from "../bytes.ts";

/**
 * First octets of the packets that a device writes or takes: type times 16, and the flags that the type demands.
 * MQTT 3.1.1 §2.2.1, Table 2.1; §2.2.2, Table 2.2. A PUBLISH carries DUP, QoS and RETAIN there.
 */
export const enum First {
    connect = 0x10,
    connack = 0x20,
    publish = 0x30,
    puback = 0x40,
    subscribe = 0x82,
    suback = 0x90,
    pingresp = 0xd0,
    /** no packet at all: a length of more than four octets */
    garbled = -1,
}

/** The variable header of a PUBLISH; its payload follows. MQTT 3.1.1 §3.3.2 */
export interface Publish {
    topic: Bytes;
    /** 1 to 65535; 0: QoS 0, there is nothing to acknowledge */
    packetId: number;
}
