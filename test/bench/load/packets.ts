/** MQTT 3.1.1 packets for a load, made of fixed parts: no library, so that the load costs little. */

function textOf(value: string): Buffer {
    const octets = Buffer.from(value);
    return Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 255]), octets]);
}

function packet(firstOctet: number, ...parts: Buffer[]): Buffer {
    const rest = Buffer.concat(parts);
    const length: number[] = [];
    for (let left = rest.length; ; left >>= 7) {
        length.push(left > 127 ? (left & 127) | 128 : left);
        if (left < 128) break;
    }
    return Buffer.concat([Buffer.from([firstOctet, ...length]), rest]);
}

export interface Login {
    clientId: string;
    userName?: string;
    password?: string;
    cleanSession: boolean;
}

/** Keepalive 0: a load sends no pings. */
export function connectPacket({ clientId, userName, password, cleanSession }: Login): Buffer {
    const flags = (userName === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) | (cleanSession ? 2 : 0);
    const given = [clientId, userName, password].filter((value) => value !== undefined).map(textOf);
    return packet(0x10, textOf("MQTT"), Buffer.from([4, flags, 0, 0]), ...given);
}

/** SUBSCRIBE at QoS 1, packet id 1. */
export function subscribePacket(filter: string): Buffer {
    return packet(0x82, Buffer.from([0, 1]), textOf(filter), Buffer.from([1]));
}

/** PUBLISH at QoS 1. */
export function publishPacket(topic: string, packetId: number, payload: Buffer): Buffer {
    return packet(0x32, textOf(topic), Buffer.from([packetId >> 8, packetId & 255]), payload);
}

export const TYPE = { connect: 1, connack: 2, publish: 3, puback: 4, subscribe: 8, suback: 9, disconnect: 14 };

/**
 * Cuts a stream of octets into packets.
 * @param take gets each packet: `data` from `body` (behind the fixed header) to `end`, valid during the call only
 */
export class PacketReader {
    #rest: Buffer | undefined;

    constructor(readonly take: (firstOctet: number, data: Buffer, body: number, end: number) => void) {}

    read(chunk: Buffer): void {
        const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
        this.#rest = undefined;
        let start = 0;
        while (start < data.length) {
            let length = 0;
            let at = start + 1;
            let whole = false;
            for (let shift = 0; at < data.length && !whole; shift += 7) {
                const octet = data[at++]!;
                length |= (octet & 127) << shift;
                whole = octet < 128;
            }
            if (!whole || at + length > data.length) break;
            this.take(data[start]!, data, at, at + length);
            start = at + length;
        }
        if (start < data.length) this.#rest = Buffer.from(data.subarray(start)); // the chunk's memory is read into again
    }
}
