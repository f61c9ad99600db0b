import { createHash, type Hash } from "node:crypto";
import { CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBLISH, PUBREL, SUBSCRIBE, UNSUBSCRIBE } from "./packet-types.ts";
import { Violation } from "./violation.ts";

/** A whole packet: its octets, and where its variable header begins. */
export interface Frame {
    type: number;
    flags: number;
    octets: Buffer;
    bodyAt: number;
    /** of a PUBLISH longer than the client may send: a digest of its payload, which is not in `octets` */
    skipped?: string;
}

/** A PUBLISH whose payload goes by: how many octets of it are still to come, and what those before are like. */
interface Skipping {
    frame: Frame;
    left: number;
    hash: Hash;
}

/** What a client may send besides PUBLISH: flags (§2.2.2, Table 2.2), and the least and the most that can follow the fixed header. */
const FORMS: Partial<Record<number, { flags: number; least: number; most: number }>> = {
    [CONNECT]: { flags: 0, least: 12, most: Infinity },
    [PUBACK]: { flags: 0, least: 2, most: 2 },
    [PUBREL]: { flags: 2, least: 2, most: 2 },
    [SUBSCRIBE]: { flags: 2, least: 6, most: Infinity },
    [UNSUBSCRIBE]: { flags: 2, least: 5, most: Infinity },
    [PINGREQ]: { flags: 0, least: 0, most: 0 },
    [DISCONNECT]: { flags: 0, least: 0, most: 0 },
};
const LEAST_PUBLISH = 3;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts octets, however the network split them, into packets. It judges the fixed header as soon as that is there, so that it never
 * buffers what is too long, or what no client may send.
 */
export class Framer {
    /** largest whole packet, in octets; it may change between packets */
    maxOctets: number;
    /** true: the payload of a longer PUBLISH is skipped; false: it is a violation, as any longer packet is */
    skipsPayloads = false;
    /** octets that came, and where in there the next packet begins */
    #rest: Buffer = EMPTY;
    #at = 0;
    #skipping: Skipping | undefined;

    constructor(maxOctets: number) {
        this.maxOctets = maxOctets;
    }

    /** octets that are waiting to be taken */
    get waiting(): number {
        return this.#rest.length - this.#at;
    }

    add(chunk: Buffer): void {
        this.#rest = this.waiting === 0 ? chunk : Buffer.concat([this.#rest.subarray(this.#at), chunk]);
        this.#at = 0;
    }

    /** Copies what waits, so that a few octets do not keep the large buffer they came in. To be called when `take` had no more. */
    trim(): void {
        const { waiting } = this;
        if (waiting === 0) this.#rest = EMPTY;
        else if (this.#rest.buffer.byteLength <= 2 * waiting) return;
        else {
            const copy = Buffer.allocUnsafeSlow(waiting);
            this.#rest.copy(copy, 0, this.#at);
            this.#rest = copy;
        }
        this.#at = 0;
    }

    /** The next whole packet; undefined: it is not all here yet. @throws Violation */
    take(): Frame | undefined {
        if (this.#skipping !== undefined) return this.#skip(this.#skipping);
        const rest = this.#rest;
        const start = this.#at;
        const first = rest[start];
        if (first === undefined) return undefined;
        const type = first >> 4;
        const flags = first & 0x0f;
        checkFlags(type, flags);
        let length = 0;
        let at = 1;
        for (;;) {
            const octet = rest[start + at];
            if (octet === undefined) return undefined;
            length += (octet & 0x7f) * 128 ** (at - 1);
            at++;
            // Every form of a length but the shortest is refused: nobody honest writes "80 00".
            if (octet === 0 && at > 2) throw new Violation("MQTT-2.2.3: a length is written longer than it needs");
            if (octet < 0x80) break;
            if (at === 5) throw new Violation("MQTT-2.2.3: a length has more than four octets");
        }
        checkLength(type, flags, length);
        const end = at + length;
        if (end > this.maxOctets) {
            if (type === PUBLISH && this.skipsPayloads) return this.#startSkipping(type, flags, at, end);
            throw new Violation(`a packet of more than ${this.maxOctets} octets`);
        }
        if (this.waiting < end) return undefined;
        this.#at += end;
        return { type, flags, octets: rest.subarray(start, this.#at), bodyAt: at };
    }

    /** Keeps topic and packet id. @param end of the packet */
    #startSkipping(type: number, flags: number, bodyAt: number, end: number): Frame | undefined {
        const rest = this.#rest.subarray(this.#at);
        if (rest.length < bodyAt + 2) return undefined;
        const payloadAt = bodyAt + 2 + rest.readUInt16BE(bodyAt) + ((flags & 6) === 0 ? 0 : 2);
        if (payloadAt > Math.min(end, this.maxOctets)) throw new Violation("a topic name longer than a packet may be");
        if (rest.length < payloadAt) return undefined;
        const frame = { type, flags, octets: Buffer.from(rest.subarray(0, payloadAt)), bodyAt };
        this.#at += payloadAt;
        this.#skipping = { frame, left: end - payloadAt, hash: createHash("sha256") };
        return this.#skip(this.#skipping);
    }

    #skip(skipping: Skipping): Frame | undefined {
        const part = this.#rest.subarray(this.#at, this.#at + skipping.left);
        skipping.hash.update(part);
        skipping.left -= part.length;
        this.#at += part.length;
        if (skipping.left > 0) return undefined;
        this.#skipping = undefined;
        return { ...skipping.frame, skipped: skipping.hash.digest("base64url") };
    }
}

function checkFlags(type: number, flags: number): void {
    if (type === PUBLISH) {
        const qos = (flags >> 1) & 3;
        if (qos === 3) throw new Violation("MQTT-3.3.1-4: PUBLISH with QoS 3");
        if (qos === 0 && (flags & 8) !== 0) throw new Violation("MQTT-3.3.1-2: DUP in a PUBLISH of QoS 0");
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
