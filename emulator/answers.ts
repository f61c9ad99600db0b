/** What a device sends and is answered: CONNECT, SUBSCRIBE, PINGREQ, and PUBLISH with QoS 1. MQTT 3.1.1 §2.2.1. */
const ASKS = [1, 8, 12];
const PUBLISH = 3;
const QOS_1 = 2;
/** CONNACK, PUBACK, SUBACK, PINGRESP */
const ANSWERS = [2, 4, 9, 13];

/** Splits one direction of a connection into packets. @returns the first octet of each that begins and ends by now */
function packetReader(): (data: Buffer) => number[] {
    let rest = Buffer.alloc(0);
    return (data) => {
        const firsts: number[] = [];
        rest = Buffer.concat([rest, data]);
        for (;;) {
            let [length, at] = [0, 1];
            while (at < rest.length && at < 5) {
                length += (rest[at]! & 127) * 128 ** (at - 1);
                if (rest[at++]! < 128) break;
            }
            if (at === 1 || rest[at - 1]! > 127 || rest.length < at + length) return firsts;
            firsts.push(rest[0]!);
            rest = rest.subarray(at + length);
        }
    };
}

/** Counts what one connection of a board still waits for, so that a hand clock knows when the network is slower than it. */
export class Answers {
    /** the connection itself */
    #due = 1;
    readonly #sent = packetReader();
    readonly #received = packetReader();

    get due(): number {
        return this.#due;
    }

    opened(): void {
        this.#due--;
    }

    sent(data: Buffer): void {
        for (const first of this.#sent(data)) {
            const kind = first >> 4;
            if (ASKS.includes(kind) || (kind === PUBLISH && (first & 6) === QOS_1)) this.#due++;
        }
    }

    received(data: Buffer): void {
        for (const first of this.#received(data)) if (ANSWERS.includes(first >> 4)) this.#due--;
    }
}
