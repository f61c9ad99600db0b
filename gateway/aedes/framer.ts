import { CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBLISH, SUBSCRIBE, UNSUBSCRIBE } from "./packet-types.ts";
import { Violation } from "./violation.ts";

/** A whole packet: its octets, and where its variable header begins. */
export interface Frame {
    type: number;
    flags: number;
    octets: Buffer;
    bodyAt: number;
}

/** What a client may send besides PUBLISH: flags (§2.2.2, Table 2.2), and the least and the most that can follow the fixed header. */
const FORMS: Partial<Record<number, { flags: number; least: number; most: number }>> = {
    [CONNECT]: { flags: 0, least: 12, most: Infinity },
    [PUBACK]: { flags: 0, least: 2, most: 2 },
    [SUBSCRIBE]: { flags: 2, least: 6, most: Infinity },
    [UNSUBSCRIBE]: { flags: 2, least: 5, most: Infinity },
    [PINGREQ]: { flags: 0, least: 0, most: 0 },
    [DISCONNECT]: { flags: 0, least: 0, most: 0 },
};
const LEAST_PUBLISH = 3;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts octets, however the network split them, into packets. The fixed header is judged as soon as it is there, so that nothing which
 * is too long, or which no client may send, is ever buffered.
 */
export class Framer {
    /** largest whole packet, in octets; it may change between packets */
    maxOctets: number;
    #rest: Buffer = EMPTY;

    constructor(maxOctets: number) {
        this.maxOctets = maxOctets;
    }

    /** octets that are waiting to be taken */
    get waiting(): number {
        return this.#rest.length;
    }

    add(chunk: Buffer): void {
        this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    }

    /** Copies what waits, so that a few octets do not keep the large buffer they came in. To be called when `take` had no more. */
    trim(): void {
        if (this.#rest.buffer.byteLength <= 2 * this.#rest.length) return;
        const copy = Buffer.allocUnsafeSlow(this.#rest.length);
        this.#rest.copy(copy);
        this.#rest = copy;
    }

    /** The next whole packet; undefined: it is not all here yet. @throws Violation */
    take(): Frame | undefined {
        const rest = this.#rest;
        const first = rest[0];
        if (first === undefined) return undefined;
        const type = first >> 4;
        const flags = first & 0x0f;
        checkFlags(type, flags);
        let length = 0;
        let at = 1;
        for (;;) {
            const octet = rest[at];
            if (octet === undefined) return undefined;
            length += (octet & 0x7f) * 128 ** (at - 1);
            at++;
            // Every form of a length but the shortest is refused: nobody honest writes "80 00".
            if (octet === 0 && at > 2) throw new Violation("MQTT-2.2.3: a length is written longer than it needs");
            if (octet < 0x80) break;
            if (at === 5) throw new Violation("MQTT-2.2.3: a length has more than four octets");
        }
        checkLength(type, flags, length);
        if (at + length > this.maxOctets) {
            throw new Violation(`a packet of more than ${this.maxOctets} octets`);
        }
        if (rest.length < at + length) return undefined;
        this.#rest = rest.subarray(at + length);
        return { type, flags, octets: rest.subarray(0, at + length), bodyAt: at };
    }
}

function checkFlags(type: number, flags: number): void {
    if (type === PUBLISH) {
        const qos = (flags >> 1) & 3;
        if (qos === 3) throw new Violation("MQTT-3.3.1-4: PUBLISH with QoS 3");
        if (qos === 2) throw new Violation("PUBLISH with QoS 2, which is not offered: use QoS 1");
        if (qos === 0 && (flags & 8) !== 0) throw new Violation("MQTT-3.3.1-2: DUP in a PUBLISH of QoS 0");
        if ((flags & 1) !== 0) throw new Violation("PUBLISH with RETAIN, which is not offered");
        return;
    }
    const form = FORMS[type];
    if (form === undefined) throw new Violation(`MQTT-2.2.1: a packet of type ${type}, which no client may send here`);
    if (form.flags !== flags) throw new Violation(`MQTT-2.2.2-1: wrong flags in a packet of type ${type}`);
}

function checkLength(type: number, flags: number, length: number): void {
    const form = FORMS[type];
    const least = form?.least ?? LEAST_PUBLISH + ((flags & 6) === 0 ? 0 : 2);
    const most = form?.most ?? Infinity;
    if (length < least || length > most) {
        throw new Violation(`MQTT-2.2.3: a packet of type ${type} cannot have this length`);
    }
}
