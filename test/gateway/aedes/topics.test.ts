import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MANY, openDoor, RawClient, OTHER, ROUTE, TOKEN, type Door } from "./door.ts";
import { connect, connectAs, packetsIn, PINGREQ, publish, publishOnce, subscribe, unsubscribe } from "./packets.ts";

let door: Door;
before(async () => {
    door = await openDoor({ limits: { shortConnections: MANY, connectsPerRoute: MANY } });
});
after(() => door.shut());

const INBOX = `in/${ROUTE}`;
const VICTIM = `in/${OTHER}`;

/** Filters that a stranger might try to get at another's inbox; none is the client's own. */
const HOSTILE: [what: string, filter: string][] = [
    ["another's inbox", VICTIM],
    ["everything", "#"],
    ["every inbox", "in/+"],
    ["every inbox and below", "in/#"],
    ["every second level", "+/+"],
    ["one level", "+"],
    ["below its own inbox", `${INBOX}/#`],
    ["a level below its own inbox", `${INBOX}/+`],
    ["the first half of its own inbox", `in/${ROUTE.slice(0, 8)}`],
    ["the broker's own topics", "$SYS/#"],
    ["who is connected", "$SYS/+/new/clients"],
    ["a shared subscription to everything", "$share/g/#"],
    ["a shared subscription to its own inbox", `$share/g/${INBOX}`],
    ["a shared subscription to another's inbox", `$share/g/${VICTIM}`],
    ["a queue of some brokers", `$queue/${VICTIM}`],
    ["its own inbox in capitals", `IN/${ROUTE}`],
    ["its own route in another case", `in/${ROUTE.toLowerCase()}`],
    ["its own inbox with a slash in front", `/${INBOX}`],
    ["its own inbox with a slash behind", `${INBOX}/`],
    ["its own inbox with two slashes", `in//${ROUTE}`],
    ["its own inbox with a space behind", `${INBOX} `],
    ["its own inbox with a space in front", ` ${INBOX}`],
    ["its own inbox with a zero-width space", `in/\u200b${ROUTE}`],
    ["its own inbox with a byte order mark", `\ufeff${INBOX}`],
    ["a Cyrillic look-alike", `in/${ROUTE.replace("A", "\u0410")}`],
    ["full-width letters", `\uff49\uff4e/${ROUTE}`],
    ["a combining mark", `in/${ROUTE}\u0301`],
    ["a division slash", `in\u2215${ROUTE}`],
    ["its own out topic", `out/${ROUTE}/reg`],
    ["another's out topic", `out/${OTHER}/msg`],
    ["where publishers push", "to/34600111222"],
    ["an enrolling board", "enrol/a1B2c3"],
    ["every enrolling board", "enrol/+"],
    ["a name of objects", "__proto__"],
    ["another name of objects", "constructor"],
    ["a slash", "/"],
    ["many levels", "a/".repeat(99) + "b"],
    ["an empty level", "in/"],
    ["its own inbox with a tab", `${INBOX}\t`],
    ["its own inbox, a line feed, another's", `${INBOX}\n${VICTIM}`],
];

for (const [what, filter] of HOSTILE) {
    for (const flags of [0xc2, 0xc0]) {
        test(`subscribing to ${what} ${flags === 0xc2 ? "" : "in a session to be kept "}is refused, and gets nothing`, async () => {
            const victim = new RawClient(door.port);
            victim.write(Buffer.concat([connectAs(OTHER), subscribe(1, [VICTIM, 1])]));
            await victim.octets(9);
            let pushed = 0;
            // Refused before and behind a filter that is granted, and once more after a reconnect.
            for (const asking of [true, false]) {
                const hostile = new RawClient(door.port);
                hostile.write(connectAs(ROUTE, { flags }));
                await hostile.octets(4);
                if (asking) hostile.write(subscribe(2, [filter, 1], [INBOX, 1], [filter + "x", 0]));
                hostile.write(PINGREQ);
                await hostile.octets(asking ? 4 + 7 + 2 : 4 + 2);
                if (hostile.closed) continue; // the guard knew better
                const suback = packetsIn(hostile.received).find((packet) => packet[0] === 0x90);
                if (asking)
                    assert.deepEqual([...suback!.subarray(4)], [0x80, 1, 0x80], "only its own inbox is granted");
                assert.ok(door.connections.push(OTHER, ++pushed, Buffer.from("for the victim")));
                assert.equal(door.connections.push(ROUTE, 1, Buffer.from("for itself")), asking, "nothing is kept");
                const push = 2 + 2 + VICTIM.length + 2;
                await victim.octets(9 + pushed * (push + 14));
                hostile.write(PINGREQ);
                await hostile.octets(asking ? 4 + 7 + 2 + push + 10 + 2 : 4 + 2 + 2);
                const topics = packetsIn(hostile.received).filter((packet) => packet[0]! >> 4 === 3);
                assert.deepEqual(
                    topics.map((packet) => packet.subarray(push).toString()),
                    asking ? ["for itself"] : [],
                );
                hostile.destroy();
            }
            victim.destroy();
        });
    }
}

test("QoS 2 on its own inbox is refused; QoS 0 and 1 are granted as asked", async () => {
    for (const [qos, code] of [
        [0, 0],
        [1, 1],
        [2, 0x80],
    ] as const) {
        const client = new RawClient(door.port);
        client.write(Buffer.concat([connectAs(ROUTE), subscribe(1, [INBOX, qos])]));
        assert.equal((await client.octets(9))[8], code);
        client.destroy();
    }
    assert.ok(door.logged.some((line) => line.startsWith("a subscription with QoS 2, which is not offered, was ref")));
});

/** Where a device may not publish: the connection ends, and nobody hears of it. */
const FORBIDDEN: string[] = [
    `out/${OTHER}/reg`,
    `out/${OTHER}/msg`,
    `out/${ROUTE}`,
    `out/${ROUTE}/`,
    `out/${ROUTE}/other`,
    `out/${ROUTE}/reg/x`,
    `out/${ROUTE}/REG`,
    `OUT/${ROUTE}/reg`,
    `/out/${ROUTE}/reg`,
    `out/${ROUTE}/reg `,
    `out/${ROUTE}/\uff52eg`,
    INBOX,
    VICTIM,
    "to/34600111222",
    "enrol/a1B2c3",
    "$SYS/toque/new/clients",
    "$SYS/x/heartbeat",
    "$share/g/x",
    "__proto__",
    "a/".repeat(150) + "b",
];
for (const topic of FORBIDDEN) {
    for (const qos of [0, 1]) {
        test(`publishing to ${topic.slice(0, 30)} at QoS ${qos} ends the connection and reaches nobody`, async () => {
            const victim = new RawClient(door.port);
            victim.write(Buffer.concat([connectAs(OTHER), subscribe(1, [VICTIM, 1])]));
            await victim.octets(9);
            const from = door.happened.length;
            const client = new RawClient(door.port);
            client.write(connectAs(ROUTE));
            await client.octets(4);
            client.write(qos === 0 ? publishOnce(topic, OTHER) : publish(7, topic, OTHER));
            assert.equal((await client.end()).length, 4, "no PUBACK");
            victim.write(PINGREQ);
            assert.equal((await victim.octets(11)).length, 11);
            assert.deepEqual(
                door.happened.slice(from).filter((line) => !/^(connected|closed) /.test(line)),
                [],
            );
            victim.destroy();
        });
    }
}

test("a publisher may only publish to to/…", async () => {
    for (const topic of [INBOX, `out/${ROUTE}/msg`, "to", "To/34600111222", "$SYS/x/new/clients"]) {
        const client = new RawClient(door.port);
        client.write(connect("p1", "token", TOKEN));
        await client.octets(4);
        client.write(publish(1, topic, "x"));
        assert.equal((await client.end()).length, 4, topic);
    }
});

test("after UNSUBSCRIBE there is nothing more, until the inbox is subscribed again", async () => {
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connectAs(ROUTE), subscribe(1, [INBOX, 1])]));
    await client.octets(9);
    const from = door.happened.length;
    client.write(unsubscribe(2, INBOX));
    assert.equal((await client.octets(13)).subarray(9).toString("hex"), "b0020002");
    assert.deepEqual(door.happened.slice(from), [`closed ${ROUTE}`, `connected ${ROUTE} 127.0.0.1 true`]);
    assert.equal(door.connections.push(ROUTE, 1, Buffer.from("x")), false);
    assert.equal(door.connections.notify(ROUTE, Buffer.from("x")), false);
    client.write(subscribe(3, [INBOX, 1]));
    await client.octets(18);
    assert.equal(door.connections.push(ROUTE, 1, Buffer.from("x")), true);
    client.destroy();
});

test("100 SUBSCRIBEs and UNSUBSCRIBEs behind each other are answered one by one, with one CONNACK, whenever they come", async () => {
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connectAs(ROUTE), PINGREQ]));
    await client.octets(6);
    for (let round = 1; round <= 2; round++) {
        for (let id = 1; id <= 100; id++)
            client.write(id % 2 === 1 ? subscribe(id, [INBOX, 1]) : unsubscribe(id, INBOX));
        const answers = packetsIn(await client.octets(6 + round * (50 * 5 + 50 * 4))).slice(-100);
        assert.deepEqual(
            answers.map((answer) => [answer[0], answer.readUInt16BE(2)]),
            Array.from({ length: 100 }, (_, index) => [index % 2 === 0 ? 0x90 : 0xb0, index + 1]),
        );
        assert.equal(door.connections.push(ROUTE, 1, Buffer.from("x")), false);
    }
    client.destroy();
});
