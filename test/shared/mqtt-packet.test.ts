import assert from "node:assert/strict";
import { test } from "node:test";
import mqtt from "mqtt-packet";
import type { Packet } from "mqtt-packet";
import { addPiece, nextPacket, readPublish } from "../../shared/wire/decode.ts";
import type { Decoder } from "../../shared/wire/decode.ts";
import {
    encodeConnect,
    encodePingreq,
    encodePuback,
    encodePublish,
    encodeSubscribe,
} from "../../shared/wire/encode.ts";
import { MAX_PACKET_OCTETS } from "../../shared/push/limits.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import type { Seeded } from "../support/seeded.ts";

// The counterpart: mqtt-packet, which knows nothing of ours, reads what a device writes, and writes what a device reads.
const PACKETS = 2000;
const UTF8 = ["Café", "€5", "😀", "ñ", "plain", "", "a/b/c", "\ufeff", "\u0301"];

function octetsOf(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

function randomTopic(random: Seeded): string {
    return `t/${random.pick(UTF8)}${random.below(1000)}`;
}

function randomPayload(random: Seeded): Buffer {
    // at the steps of the length, and anywhere
    const length = random.percent(30) ? random.pick([110, 115, 118, 119, 120, 121, 122, 123, 124]) : random.below(3000);
    return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function parse(octets: string): Packet[] {
    const parser = mqtt.parser({ protocolVersion: 4 });
    const packets: Packet[] = [];
    parser.on("packet", (packet) => packets.push(packet));
    parser.on("error", (error: Error) => assert.fail(error));
    assert.equal(parser.parse(Buffer.from(octets, "latin1")), 0, "octets are left over");
    return packets;
}

test("mqtt-packet reads what a device writes", () => {
    const random = seeded(chooseSeed());
    for (let i = 0; i < PACKETS; i++) {
        const clientId = `enrol-${random.below(2 ** 31).toString(16)}`;
        const userName = random.pick(["+34600111222", "número", "r"]);
        const password = random.pick(["12345678", "clave€", "A1b2C3d4E5f6G7h8I9j0K1"]);
        const keepalive = random.below(65536);
        const topic = randomTopic(random);
        const payload = randomPayload(random);
        const messageId = 1 + random.below(65535);
        const written =
            encodeConnect(clientId, octetsOf(userName), octetsOf(password), keepalive) +
            encodeSubscribe(messageId, octetsOf(topic)) +
            encodePublish(messageId, octetsOf(topic), payload.toString("latin1")) +
            encodePuback(messageId) +
            encodePingreq();
        const [connect, subscribe, publish, puback, pingreq, ...more] = parse(written);
        const why = `TOQUE_SEED=${random.seed}`;
        assert.deepEqual(more, [], why);
        assert.ok(connect?.cmd === "connect", why);
        const { protocolId, protocolVersion, clean, will, username } = connect;
        assert.deepEqual(
            { protocolId, protocolVersion, clean, will },
            { protocolId: "MQTT", protocolVersion: 4, clean: true, will: undefined },
            why,
        );
        assert.deepEqual(
            [connect.clientId, username, String(connect.password), connect.keepalive],
            [clientId, userName, password, keepalive],
            why,
        );
        assert.ok(subscribe?.cmd === "subscribe", why);
        assert.deepEqual(
            [subscribe.messageId, subscribe.subscriptions.map(({ topic, qos }) => ({ topic, qos }))],
            [messageId, [{ topic, qos: 1 }]],
            why,
        );
        assert.ok(publish?.cmd === "publish", why);
        assert.deepEqual(
            [publish.messageId, publish.qos, publish.dup, publish.retain, publish.topic],
            [messageId, 1, false, false, topic],
            why,
        );
        assert.deepEqual(publish.payload, payload, why);
        assert.deepEqual([puback?.cmd, puback?.messageId, pingreq?.cmd], ["puback", messageId, "pingreq"], why);
    }
});

/** What a gateway may say, as mqtt-packet writes it. */
function randomPacket(random: Seeded): Packet {
    const messageId = 1 + random.below(65535);
    return random.pick<() => Packet>([
        () => ({ cmd: "connack", returnCode: random.below(6), sessionPresent: random.percent(20) }),
        () => ({ cmd: "suback", messageId, granted: [random.pick([0, 1, 2, 128])] }),
        () => ({ cmd: "puback", messageId }),
        () => ({ cmd: "pingresp" }),
        () => ({
            cmd: "publish",
            topic: randomTopic(random),
            payload: randomPayload(random),
            qos: 1,
            dup: random.percent(30),
            retain: random.percent(10),
            messageId,
        }),
        () => ({
            cmd: "publish",
            topic: randomTopic(random),
            payload: randomPayload(random),
            qos: 0,
            dup: false,
            retain: random.percent(10),
        }),
    ])();
}

/** A packet as a device read it, beside what was written. */
function compare(written: Packet, decoder: Decoder, why: string): void {
    const first = nextPacket(decoder);
    assert.ok(first !== undefined && !decoder.oversize, why);
    const publish = written.cmd === "publish" ? readPublish(decoder, first) : undefined;
    const octets = decoder.pieces.join("").slice(decoder.at, decoder.at + decoder.skip);
    const rest = Buffer.from(octets, "latin1");
    switch (written.cmd) {
        case "connack":
            assert.deepEqual([first, ...rest], [0x20, written.sessionPresent ? 1 : 0, written.returnCode], why);
            break;
        case "suback":
            assert.deepEqual(
                [first, rest.readUInt16BE(0), rest.length, rest[2]],
                [0x90, written.messageId, 3, written.granted[0]],
                why,
            );
            break;
        case "puback":
            assert.deepEqual([first, rest.readUInt16BE(0), rest.length], [0x40, written.messageId, 2], why);
            break;
        case "pingresp":
            assert.deepEqual([first, rest.length], [0xd0, 0], why);
            break;
        case "publish": {
            const payload = Buffer.isBuffer(written.payload) ? written.payload.toString("latin1") : written.payload;
            assert.deepEqual(publish, { topic: octetsOf(written.topic), packetId: written.messageId ?? 0 }, why);
            assert.equal(octets, payload, why);
            break;
        }
        default:
            assert.fail(`${written.cmd}: ${why}`);
    }
}

test("a device reads what mqtt-packet writes, cut anywhere", () => {
    const random = seeded(chooseSeed());
    for (let i = 0; i < PACKETS / 4; i++) {
        const packets = Array.from({ length: 1 + random.below(6) }, () => randomPacket(random));
        const stream = Buffer.concat(packets.map((packet) => mqtt.generate(packet, { protocolVersion: 4 })));
        const decoder: Decoder = { limit: MAX_PACKET_OCTETS, pieces: [], at: 0, skip: 0, oversize: false };
        const waiting = [...packets];
        for (let at = 0; at < stream.length;) {
            const octets = 1 + random.below(random.pick([2, 300, 5000]));
            addPiece(decoder, stream.toString("latin1", at, at + octets));
            at += octets;
            // as many as are there as a whole
            while (waiting.length > 0 && wholeOctets(waiting[0]!) <= leftOctets(decoder)) {
                compare(waiting.shift()!, decoder, `TOQUE_SEED=${random.seed}`);
            }
            assert.equal(nextPacket(decoder), undefined, `TOQUE_SEED=${random.seed}`);
        }
        assert.deepEqual([waiting, leftOctets(decoder), decoder.skip], [[], 0, 0]);
    }
});

/** Octets that were not taken. */
function leftOctets({ pieces, at, skip }: Decoder): number {
    return pieces.join("").length - at - skip;
}

function wholeOctets(packet: Packet): number {
    return mqtt.generate(packet, { protocolVersion: 4 }).length;
}
