import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPacket } from "../../../gateway/aedes/check-packet.ts";
import { readPublish } from "../../../gateway/aedes/publish-packet.ts";
import { Framer } from "../../../gateway/aedes/framer.ts";
import { MANY, openDoor, RawClient, ROUTE, type Door } from "./door.ts";
import { ACCEPTED, connack, connectAs, PINGREQ, PINGRESP, publish, subscribe } from "./packets.ts";

/** Octets as hexadecimal; text in quotes stands for itself: `00 04 "MQTT"`. */
function octetsOf(written: string): Buffer {
    const parts = written.match(/"[^"]*"|[0-9a-f]{2}/g) ?? [];
    return Buffer.concat(
        parts.map((part) => (part[0] === '"' ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, "hex"))),
    );
}

const R = `"${ROUTE}"`; // 16 octets: 00 10
const SECRET = `00 17 "secret-${ROUTE}"`;
const CONNECT = `10 47 00 04 "MQTT" 04 c2 00 3c 00 10 ${R} 00 10 ${R} ${SECRET}`;

test("the table's own CONNECT is the one that is let in", () => {
    assert.deepEqual(octetsOf(CONNECT), connectAs(ROUTE));
});

// What comes first, and what is answered before the connection closes: nothing, or CONNACK with a code.
const FIRST: [clause: string, what: string, octets: string, code?: number][] = [
    ["2.2.1", "type 0", "00 00"],
    ["2.2.1", "type 15", "f0 00"],
    ["2.2.2-1", "CONNECT with a flag", CONNECT.replace("10 47", "11 47")],
    ["2.2.3", "a length of five octets", "10 ff ff ff ff 01"],
    ["2.2.3", "a length longer than it needs", CONNECT.replace("10 47", "10 c7 00")],
    ["2.2.3", "CONNECT that announces 256 MB", "10 ff ff ff 7f"],
    ["2.2.3", "CONNECT that announces 513 octets in all", "10 fe 03"],
    ["2.2.3", "CONNECT cut short of its password", CONNECT.replace("10 47", "10 46").replace(/."$/, '"')],
    ["2.2.3", "an octet behind the password", CONNECT.replace("10 47", "10 48") + "00"],
    ["2.2.3", "a client id longer than the packet", CONNECT.replace("00 10", "00 ff")],
    ["3.1.0-1", "PUBLISH first", '30 05 00 01 "a" 00 00'],
    ["3.1.0-1", "PINGREQ first", "c0 00"],
    ["3.1.0-1", "DISCONNECT first", "e0 00"],
    ["3.1.0-1", "HTTP", '"GET / HTTP/1.1" 0d 0a 0d 0a'],
    ["3.1.0-1", "the hello of TLS", "16 03 01 00 c8 01 00 00 c4 03 03"],
    ["3.1.2-1", "another protocol", CONNECT.replace("MQTT", "MQTX")],
    ["3.1.2-1", "a protocol name in small letters", CONNECT.replace("MQTT", "mqtt")],
    ["3.1.2-2", "level 3", CONNECT.replace('"MQTT" 04', '"MQTT" 03'), 1],
    ["3.1.2-2", "level 5", CONNECT.replace('"MQTT" 04', '"MQTT" 05'), 1],
    ["3.1.2-2", "a bridge's level 132", CONNECT.replace('"MQTT" 04', '"MQTT" 84'), 1],
    ["3.1.2-2", "MQTT 3.1", `10 10 00 06 "MQIsdp" 03 02 00 3c 00 02 "ab"`, 1],
    ["3.1.2-3", "the reserved flag", CONNECT.replace("c2", "c3")],
    ["3.1.2-11", "will QoS 1 without a will", CONNECT.replace("c2", "ca")],
    ["3.1.2-13", "will QoS 2 without a will", CONNECT.replace("c2", "d2")],
    ["3.1.2-15", "will retain without a will", CONNECT.replace("c2", "e2")],
    [
        "3.1.2-14",
        "will with QoS 3",
        `10 4d 00 04 "MQTT" 04 de 00 3c 00 10 ${R} 00 01 "t" 00 01 "p" 00 10 ${R} ${SECRET}`,
    ],
    ["3.1.2-22", "a password without a user name", `10 35 00 04 "MQTT" 04 42 00 3c 00 10 ${R} ${SECRET}`],
    ["3.1.3-8", "no client id and no clean session", `10 0c 00 04 "MQTT" 04 00 00 3c 00 00`, 2],
    ["1.5.3-1", "a client id that is no UTF-8", CONNECT.replace(`"AAAA`, `c3 28 "AA`)],
    ["1.5.3-1", "a surrogate in the client id", CONNECT.replace(`"AAAA`, `ed a0 80 "A`)],
    ["1.5.3-1", "an overlong form in the user name", CONNECT.replace(/(.*)"AAAA/, `$1c1 81 "AA`)],
    ["1.5.3-2", "U+0000 in the client id", CONNECT.replace(`"AAAA`, `00 "AAA`)],
    ["3.1.4-2", "a publisher's wrong token", `10 15 00 04 "MQTT" 04 c2 00 3c 00 01 "a" 00 01 "a" 00 03 "abc"`, 4],
    ["3.1.4-2", "a wrong secret", CONNECT.replace('"secret', '"Secret'), 4],
    ["3.1.4-2", "another route's secret", CONNECT.replace(/AAAA(?!.*AAAA)/, "BBBB"), 4],
    ["3.1.4-2", "a password that is not UTF-8", CONNECT.replace('"secret', 'ff "ecret'), 4],
    ["3.1.4-2", "no user name", `10 1c 00 04 "MQTT" 04 02 00 3c 00 10 ${R}`, 4],
];

// What an authenticated client sends, and the connection closes without a word.
const THEN: [clause: string, what: string, octets: string][] = [
    ["2.2.1", "type 0", "00 00"],
    ["2.2.1", "type 15", "f0 00"],
    ["2.2.1", "CONNACK, which only a server sends", "20 02 00 00"],
    ["2.2.1", "SUBACK, which only a server sends", "90 03 00 01 00"],
    ["2.2.1", "UNSUBACK, which only a server sends", "b0 02 00 01"],
    ["2.2.1", "PINGRESP, which only a server sends", "d0 00"],
    ["4.3.3", "PUBREC", "50 02 00 01"],
    ["2.2.2-1", "PUBREL without its flag", "60 02 00 01"],
    ["4.3.3", "PUBCOMP", "70 02 00 01"],
    ["2.2.2-1", "PUBACK with a flag", "42 02 00 01"],
    ["2.2.2-1", "SUBSCRIBE without its flag", '80 06 00 01 00 01 "a" 00'],
    ["2.2.2-1", "SUBSCRIBE with one flag too many", '83 06 00 01 00 01 "a" 00'],
    ["2.2.2-1", "UNSUBSCRIBE without its flag", 'a0 05 00 01 00 01 "a"'],
    ["2.2.2-1", "PINGREQ with a flag", "c1 00"],
    ["2.2.2-1", "DISCONNECT with a flag", "e1 00"],
    ["2.2.3", "a length of five octets", "30 80 80 80 80 01"],
    ["2.2.3", "a length longer than it needs", "c0 80 00"],
    ["2.2.3", "PUBLISH that announces 256 MB", "30 ff ff ff 7f"],
    ["2.2.3", "PUBLISH one octet over 1,024", "32 fe 07"],
    ["2.2.3", "PINGREQ with an octet", "c0 01 00"],
    ["2.2.3", "DISCONNECT with an octet", "e0 01 00"],
    ["2.2.3", "PUBACK with three octets", "40 03 00 01 00"],
    ["2.2.3", "PUBACK with one octet", "40 01 00"],
    ["2.2.3", "PUBLISH without a topic", "30 00"],
    ["2.2.3", "PUBLISH whose topic is longer than it", '30 03 00 05 "a"'],
    ["2.3.1-1", "PUBLISH with packet id 0", '32 06 00 01 "a" 00 00 "x"'],
    ["2.3.1-1", "SUBSCRIBE with packet id 0", '82 06 00 00 00 01 "a" 00'],
    ["2.3.1-1", "UNSUBSCRIBE with packet id 0", 'a2 05 00 00 00 01 "a"'],
    ["2.3.1-1", "PUBACK with packet id 0", "40 02 00 00"],
    ["3.1.0-2", "a second CONNECT", CONNECT],
    ["3.3.1-2", "DUP with QoS 0", '38 04 00 01 "a" "x"'],
    ["3.3.1-4", "QoS 3", '36 06 00 01 "a" 00 01 "x"'],
    ["3.3.1-4", "QoS 2, which is not offered", '34 06 00 01 "a" 00 01 "x"'],
    ["3.3.5-2", "a topic that is not its own", '32 06 00 01 "a" 00 01 "x"'],
    ["3.3.2-2", "+ in a topic name", '30 04 00 01 "+" "x"'],
    ["3.3.2-2", "# in a topic name", '30 06 00 03 "a/#" "x"'],
    ["4.7.3-1", "an empty topic name", '30 03 00 00 "x"'],
    ["4.7.3-1", "an empty topic filter", "82 05 00 01 00 00 00"],
    ["4.7.3-1", "an empty topic filter to be left", 'a2 07 00 01 00 01 "a" 00 00'],
    ["4.7.1-2", "# that is not last", '82 08 00 01 00 03 "#/a" 00'],
    ["4.7.1-3", "+ that is not a level", '82 09 00 01 00 04 "aa+b" 00'],
    ["1.5.3-1", "a topic name that is no UTF-8", '30 05 00 02 c3 28 "x"'],
    ["1.5.3-1", "a surrogate in a topic filter", "82 08 00 01 00 03 ed bf bf 00"],
    ["1.5.3-1", "more than U+10FFFF in a topic name", '30 07 00 04 f4 90 80 80 "x"'],
    ["1.5.3-2", "U+0000 in a topic name", '30 05 00 02 "a" 00 "x"'],
    ["1.5.3-2", "U+0000 in a topic filter", '82 07 00 01 00 02 "a" 00 00'],
    ["3.8.3-3", "SUBSCRIBE without a filter", "82 02 00 01"],
    ["3.8.3-4", "QoS 3 in SUBSCRIBE", '82 06 00 01 00 01 "a" 03'],
    ["3.8.3-4", "reserved bits in SUBSCRIBE", '82 06 00 01 00 01 "a" 81'],
    ["2.2.3", "SUBSCRIBE without a QoS", '82 05 00 01 00 01 "a"'],
    ["2.2.3", "half a filter behind the first", '82 08 00 01 00 01 "a" 00 00 01'],
    ["3.10.3-2", "UNSUBSCRIBE without a filter", "a2 02 00 01"],
    ["3.8.3", "five filters", '82 16 00 01 00 01 "a" 00 00 01 "b" 00 00 01 "c" 00 00 01 "d" 00 00 01 "e" 00'],
    ["3.10.3", "five filters to be left", 'a2 11 00 01 00 01 "a" 00 01 "b" 00 01 "c" 00 01 "d" 00 01 "e"'],
];

let door: Door;
before(async () => {
    const limits = { shortConnections: MANY, connectsPerRoute: MANY, failuresPerAddress: MANY };
    door = await openDoor({ limits });
});
after(() => door.shut());

/** How often the gateway ended a connection for a reason of its own: each row is refused for what is in it, and not by accident. */
function refusals(): number {
    return Object.values(door.connections.stats().refused).reduce((sum, count) => sum + count, 0);
}

for (const [clause, what, written, code] of FIRST) {
    const answer = code === undefined ? "is cut off" : `is answered ${code}`;
    test(`MQTT-${clause}: ${what} ${answer}`, async () => {
        const before = refusals();
        const lines = door.logged.length;
        const client = new RawClient(door.port);
        client.write(octetsOf(written));
        assert.deepEqual(await client.end(), code === undefined ? Buffer.alloc(0) : connack(code));
        assert.equal(refusals(), before + 1);
        assert.match(door.logged.slice(lines).join("\n"), /^a connection .*"why":".+"\}$/, "one line has the reason");
    });
}

for (const [clause, what, written] of THEN) {
    test(`MQTT-${clause}: ${what} is cut off`, async () => {
        const client = new RawClient(door.port);
        client.write(Buffer.concat([connectAs(ROUTE), PINGREQ]));
        await client.octets(6);
        const before = refusals();
        client.write(octetsOf(written));
        assert.deepEqual(await client.end(), Buffer.concat([ACCEPTED, PINGRESP]));
        assert.equal(refusals(), before + 1);
    });
}

// What other brokers take, and a client may count on.
const TAKEN: [clause: string, what: string, connect: string][] = [
    ["3.1.2-8", "a will", `10 4d 00 04 "MQTT" 04 c6 00 3c 00 10 ${R} 00 01 "t" 00 01 "p" 00 10 ${R} ${SECRET}`],
    [
        "3.1.2-9",
        "a retained will",
        `10 4d 00 04 "MQTT" 04 ee 00 3c 00 10 ${R} 00 01 "t" 00 01 "p" 00 10 ${R} ${SECRET}`,
    ],
    ["3.1.2-24", "keepalive 0, for ever", CONNECT.replace("00 3c", "00 00")],
    ["3.1.2-24", "keepalive 1", CONNECT.replace("00 3c", "00 01")],
    ["3.1.2-24", "keepalive 65535", CONNECT.replace("00 3c", "ff ff")],
];
for (const [clause, what, written] of TAKEN) {
    test(`MQTT-${clause}: ${what} is accepted, and nothing of it is published`, async () => {
        const from = door.happened.length;
        const client = new RawClient(door.port);
        client.write(octetsOf(written));
        assert.deepEqual(await client.octets(4), ACCEPTED);
        client.destroy();
        while (!door.happened.slice(from).includes(`closed ${ROUTE}`)) await new Promise((go) => setImmediate(go));
        assert.deepEqual(door.happened.slice(from), [`connected ${ROUTE} 127.0.0.1 true`, `closed ${ROUTE}`]);
    });
}

test("MQTT-3.3.1.3: RETAIN is ignored", async () => {
    const client = new RawClient(door.port);
    const retained = publish(9, `out/${ROUTE}/read`, '{"n":1}');
    retained[0]! |= 1;
    client.write(Buffer.concat([connectAs(ROUTE), retained]));
    assert.equal((await client.octets(8)).toString("hex"), "20020000" + "40020009");
    client.destroy();
});

test("MQTT-2.2.3: PUBLISH of 1,024 octets is taken", async () => {
    const client = new RawClient(door.port);
    const topic = `out/${ROUTE}/read`;
    const whole = publish(9, topic, "x".repeat(1024 - 3 - 2 - topic.length - 2));
    assert.equal(whole.length, 1024);
    client.write(Buffer.concat([connectAs(ROUTE), whole]));
    assert.equal((await client.octets(8)).toString("hex"), "20020000" + "40020009");
    client.destroy();
});

test("every split: a conversation is understood however the network cuts it, one octet at a time included", async () => {
    const whole = Buffer.concat([
        connectAs(ROUTE),
        subscribe(1, [`in/${ROUTE}`, 1]),
        publish(2, `out/${ROUTE}/reg`, "{}"),
        PINGREQ,
        publish(3, `out/${ROUTE}/read`, '{"n":1}'),
    ]);
    const answers = ["20020000", "9003000101", "40020002", "d000", "40020003"];
    for (let at = 1; at < whole.length; at++) {
        const framer = new Framer(512);
        const types: number[] = [];
        for (const chunk of [whole.subarray(0, at), whole.subarray(at)]) {
            framer.add(chunk);
            for (let frame = framer.take(); frame !== undefined; frame = framer.take()) {
                if (frame.type === 3) readPublish(frame);
                else if (frame.type === 8) checkPacket(frame);
                types.push(frame.type);
            }
            framer.trim();
        }
        assert.deepEqual(types, [1, 8, 3, 12, 3], `cut at ${at}`);
        assert.equal(framer.waiting, 0);
    }
    const client = new RawClient(door.port);
    for (const octet of whole) {
        client.write(Buffer.from([octet]));
        await new Promise((resolve) => setImmediate(resolve));
    }
    const received = (await client.octets(19)).toString("hex");
    for (const answer of answers) assert.ok(received.includes(answer), `${answer} in ${received}`);
    client.destroy();
});
