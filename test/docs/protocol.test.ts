import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage, encodeRead } from "../../device/say.ts";
import { VERSION } from "../../device/version.ts";
import { encodeContent, encodePush } from "../../gateway/delivery/push.ts";
import { encodeString } from "../../shared/bytes.ts";
import {
    encodeConnect,
    encodePacket,
    encodePingreq,
    encodePuback,
    encodePublish,
    encodeSubscribe,
} from "../../shared/wire/encode.ts";
import { First } from "../../shared/wire/packets.ts";
import { blocksOf, readPage } from "./pages.ts";

const PAGE = "docs/protocol.md";
const ROUTE = "jN4IOc_obJaxGhRu";
const SECRET = "HAaXWyajzkusqZTm0k460g";
const IN = `in/${ROUTE}`;
const push = {
    sequence: 1,
    body: "Dinner is ready",
    title: "Kitchen",
    urgency: "high",
    acceptedMs: 1790000123000,
    expiresMs: 1790086523000,
} as const;

/** Every packet of the page, in its order, as the code writes it. */
const PACKETS: [name: string, octets: string][] = [
    ["CONNECT", encodeConnect(ROUTE, ROUTE, SECRET, 60)],
    ["SUBSCRIBE", encodeSubscribe(1, IN)],
    [
        "the registration",
        encodePublish(
            2,
            `out/${ROUTE}/reg`,
            `{"r":"espruino","v":"${VERSION}","p":"running","a":"192.168.1.7","y":"boot","c":"5ccf7f0a0b0c","m":1024,"w":1,"e":0,"n":0}`,
        ),
    ],
    ["CONNACK", encodePacket(First.connack, "\0\0")],
    ["SUBACK", encodePacket(First.suback, "\0\x01\x01")],
    ["PUBACK of the registration", encodePuback(2)],
    ["the hello", encodePacket(First.publish, encodeString(IN) + '{"e":1790000000,"c":1790000123,"w":1}')],
    ["a push", encodePublish(1, IN, encodePush({ ...push, content: encodeContent(push) }))],
    ["PUBACK of the push", encodePuback(1)],
];

/** `10 'MQTT'`: octets in hexadecimal, text in quotes. */
function parse(line: string): string {
    return line.replace(/'([^']*)'|([0-9a-f]{2})|\s+/g, (_, text?: string, hex?: string) =>
        hex === undefined ? (text ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

const lines = blocksOf(PAGE)
    .filter(({ language }) => language === "octets")
    .flatMap(({ text }) => text.split("\n"));
for (const [index, [name, octets]] of PACKETS.entries()) {
    test(`protocol: ${name} has the octets of the page`, () => {
        assert.equal(
            Buffer.from(parse(lines[index] ?? ""), "latin1").toString("hex"),
            Buffer.from(octets, "latin1").toString("hex"),
        );
    });
}

test("protocol: the page has these packets and no others; PINGREQ and payloads are as the device writes them", () => {
    assert.equal(lines.length, PACKETS.length);
    for (const text of [
        `PINGREQ (\`${Buffer.from(encodePingreq(), "latin1").toString("hex").replace(/..$/, " $&")}\`)`,
        `\`${encodeRead(1)}\``,
        `\`${encodeMessage(1, 77, { to: "+34600111222", body: "pong" })}\``,
    ]) {
        assert.ok(readPage(PAGE).includes(text), text);
    }
});
