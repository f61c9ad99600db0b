import { isUtf8 } from "node:buffer";
import { Violation } from "./violation.ts";

/** Reads the fields of a packet one after the other, strictly: nothing may be missing, and nothing may be left. */
export class FieldReader {
    readonly #octets: Buffer;
    #at: number;

    constructor(octets: Buffer, at: number) {
        this.#octets = octets;
        this.#at = at;
    }

    get left(): number {
        return this.#octets.length - this.#at;
    }

    /** Where the next field of that many octets begins. */
    #skip(octets: number): number {
        const at = this.#at;
        if (this.left < octets) throw new Violation("MQTT-2.2.3: a packet ends in the middle of a field");
        this.#at += octets;
        return at;
    }

    #take(octets: number): Buffer {
        const at = this.#skip(octets);
        return this.#octets.subarray(at, this.#at);
    }

    octet(): number {
        return this.#octets[this.#skip(1)]!;
    }

    /** MQTT 3.1.1 §1.5.2 */
    uint16(): number {
        return this.#octets.readUInt16BE(this.#skip(2));
    }

    /** MQTT 3.1.1 §2.3.1 */
    packetId(): number {
        const id = this.uint16();
        if (id === 0) throw new Violation("MQTT-2.3.1-1: packet identifier 0");
        return id;
    }

    /** A length of two octets and what it counts. MQTT 3.1.1 §3.1.3.5 */
    binary(): Buffer {
        return this.#take(this.uint16());
    }

    /** As `binary`, decoded as UTF-8. U+FFFD stands for what is none. */
    decoded(): string {
        const octets = this.uint16();
        const at = this.#skip(octets);
        return this.#octets.toString("utf8", at, at + octets);
    }

    /** A string of UTF-8, as octets: well formed, without surrogates, without U+0000. MQTT 3.1.1 §1.5.3 */
    text(): Buffer {
        const text = this.binary();
        if (!isUtf8(text)) throw new Violation("MQTT-1.5.3-1: a string is not well-formed UTF-8");
        if (text.includes(0)) throw new Violation("MQTT-1.5.3-2: U+0000 in a string");
        return text;
    }

    /** All that is left. */
    rest(): Buffer {
        return this.#take(this.left);
    }

    end(): void {
        if (this.left > 0) throw new Violation("MQTT-2.2.3: octets behind the last field");
    }
}
