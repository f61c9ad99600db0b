/** Packets as MQTT 3.1.1 §3 lays them out, written here by hand and not with the gateway's or a library's encoder. */

export function packet(first: number, ...parts: (Buffer | number[])[]): Buffer {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const length: number[] = [];
    let rest = body.length;
    do {
        length.push((rest % 128) + (rest >= 128 ? 128 : 0));
        rest = Math.floor(rest / 128);
    } while (rest > 0);
    return Buffer.concat([Buffer.from([first, ...length]), body]);
}

export function text(value: string | Buffer): Buffer {
    const octets = Buffer.from(value);
    return Buffer.concat([uint16(octets.length), octets]);
}

export function uint16(value: number): Buffer {
    return Buffer.from([value >> 8, value & 0xff]);
}

/** CONNECT with user name and password. §3.1 */
export function connect(
    clientId: string,
    userName: string,
    password: string,
    { keepAliveS = 60, flags = 0xc2, level = 4 } = {},
): Buffer {
    const head = [...text("MQTT"), level, flags];
    return packet(0x10, head, uint16(keepAliveS), text(clientId), text(userName), text(password));
}

export function connectAs(route: string, options = {}): Buffer {
    return connect(route, route, `secret-${route}`, options);
}

/** SUBSCRIBE. §3.8 */
export function subscribe(packetId: number, ...filters: [filter: string | Buffer, qos: number][]): Buffer {
    return packet(0x82, uint16(packetId), ...filters.flatMap(([filter, qos]) => [text(filter), [qos]]));
}

/** PUBLISH at QoS 1, unless another first octet is given. §3.3 */
export function publish(packetId: number, topic: string | Buffer, payload: string | Buffer, first = 0x32): Buffer {
    return packet(first, text(topic), uint16(packetId), Buffer.from(payload));
}

export function puback(packetId: number): Buffer {
    return packet(0x40, uint16(packetId));
}

export const PINGREQ = Buffer.from([0xc0, 0]);
export const PINGRESP = Buffer.from([0xd0, 0]);
export const ACCEPTED = Buffer.from([0x20, 2, 0, 0]);

export function connack(code: number): Buffer {
    return Buffer.from([0x20, 2, 0, code]);
}

/** PUBLISH at QoS 0. §3.3 */
export function publishOnce(topic: string | Buffer, payload: string | Buffer): Buffer {
    return packet(0x30, text(topic), Buffer.from(payload));
}

/** UNSUBSCRIBE. §3.10 */
export function unsubscribe(packetId: number, filter: string): Buffer {
    return packet(0xa2, uint16(packetId), text(filter));
}

/** Cuts the whole packets off what a client received. */
export function packetsIn(octets: Buffer): Buffer[] {
    const packets: Buffer[] = [];
    for (let rest = octets; ; rest = rest.subarray(packets.at(-1)!.length)) {
        let [length, at] = [0, 1];
        do length += (rest[at]! % 128) * 128 ** (at - 1);
        while (rest[at++]! >= 128);
        if (!(rest.length >= at + length)) return packets;
        packets.push(rest.subarray(0, at + length));
    }
}

/** What a PUBLISH carries; undefined: it is another packet. @returns packetId 0: QoS 0 */
export function publishIn(packet: Buffer): { packetId: number; payload: Buffer } | undefined {
    if (packet[0]! >> 4 !== 3) return undefined;
    const topicAt = packet.findIndex((octet, at) => at > 0 && octet < 128) + 1;
    const at = topicAt + 2 + packet.readUInt16BE(topicAt);
    const acknowledged = (packet[0]! & 6) !== 0;
    return {
        packetId: acknowledged ? packet.readUInt16BE(at) : 0,
        payload: packet.subarray(acknowledged ? at + 2 : at),
    };
}
