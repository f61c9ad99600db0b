import { encodeString, encodeUint16 } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { First } from "./packets.ts";
import { encodeRemainingLength } from "./remaining-length.ts";

/** PINGREQ is the same two octets always. MQTT 3.1.1 §3.12. */
export function encodePingreq(): Bytes {
    return String.fromCharCode(0xc0, 0);
}

/** @param first type and flags @param rest variable header and payload. MQTT 3.1.1 §2 */
export function encodePacket(first: number, rest: Bytes): Bytes {
    return String.fromCharCode(first) + encodeRemainingLength(rest.length) + rest;
}

/**
 * CONNECT with a clean session, a user name and a password, no will. MQTT 3.1.1 §3.1.
 * @param keepAliveS 0 to 65535
 */
export function encodeConnect(clientId: Bytes, userName: Bytes, password: Bytes, keepAliveS: number): Bytes {
    return encodePacket(
        First.connect,
        encodeString("MQTT") +
            String.fromCharCode(4, 0xc2) + // protocol level 4; user name, password, clean session
            encodeUint16(keepAliveS) +
            encodeString(clientId) +
            encodeString(userName) +
            encodeString(password),
    );
}

/** SUBSCRIBE to one topic filter at QoS 1. MQTT 3.1.1 §3.8. @param packetId 1 to 65535 */
export function encodeSubscribe(packetId: number, filter: Bytes): Bytes {
    return encodePacket(First.subscribe, encodeUint16(packetId) + encodeString(filter) + String.fromCharCode(1));
}

/** PUBLISH at QoS 1, first attempt on its connection. MQTT 3.1.1 §3.3. @param packetId 1 to 65535 */
export function encodePublish(packetId: number, topic: Bytes, payload: Bytes): Bytes {
    return encodePacket(First.publish + 2, encodeString(topic) + encodeUint16(packetId) + payload);
}

/** PUBACK. MQTT 3.1.1 §3.4. */
export function encodePuback(packetId: number): Bytes {
    const low = packetId % 256;
    return String.fromCharCode(First.puback, 2, (packetId - low) / 256, low); // on its own: while it is made, the push is in memory
}
