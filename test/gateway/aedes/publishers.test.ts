import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import mqtt from "mqtt";
import { Framer } from "../../../gateway/aedes/framer.ts";
import { identityOf, readPublish } from "../../../gateway/aedes/publish-packet.ts";
import { Refusals } from "../../../gateway/aedes/refusals.ts";
import { MANY, openDoor, RawClient, ROUTE, TOKEN, type Door } from "./door.ts";
import { ACCEPTED, connack, connect, packet, puback, publish, publishOnce, text, uint16 } from "./packets.ts";

const NUMBER_TOPIC = "to/34600111222";
const UNKNOWN = "34600999999";

let door: Door;
before(async () => {
    door = await openDoor({ limits: { connectsPerRoute: MANY } });
});
after(() => door.shut());
beforeEach(() => {
    door.happened.length = 0;
    door.logged.length = 0;
    door.slow.refuses = UNKNOWN;
});

/** Connects, publishes, and waits for the end of the connection or for so many octets behind CONNACK. @returns those, in hexadecimal */
async function send(clientId: string, octets: Buffer, count = Infinity): Promise<string> {
    const client = new RawClient(door.port);
    client.write(connect(clientId, "user", TOKEN));
    await client.octets(ACCEPTED.length);
    client.write(octets);
    const received = await client.octets(ACCEPTED.length + count);
    client.destroy();
    assert.deepEqual(received.subarray(0, 4), ACCEPTED);
    return received.subarray(4).toString("hex");
}

const CUT = "";
const GOOD = publish(77, NUMBER_TOPIC, "behind it");
const hex = (...packets: Buffer[]) => Buffer.concat(packets).toString("hex");
const accepted = () => door.happened.filter((line) => line.endsWith("behind it")).length;

test("a publisher's PUBACK comes when its message is stored, and not when it could not be", async () => {
    const client = new RawClient(door.port);
    door.slow.storeMs = 50;
    client.write(connect("p1", "u", TOKEN));
    await client.octets(4);
    client.write(GOOD);
    await door.until("accepted t1 +34600111222 behind it");
    assert.deepEqual(client.received, ACCEPTED, "no PUBACK yet");
    assert.equal((await client.octets(8)).toString("hex"), hex(ACCEPTED, puback(77)));
    door.slow.storeMs = 0;
    door.slow.fails = true;
    client.write(GOOD);
    assert.equal((await client.end()).length, 8);
    door.slow.fails = false;
});

test("what the store could not take is never dropped: each try closes the connection", async () => {
    door.slow.fails = true;
    for (let i = 0; i < 3; i++) assert.equal(await send("p2", GOOD), CUT);
    door.slow.fails = false;
    assert.equal(await send("p2", GOOD, 4), hex(puback(77)));
});

// Whatever keeps a message from being accepted for good: the packet, the code or the reason in the log, and what drops it.
const PUBREC = Buffer.from([0x50, 2, 0, 1]);
const NEVER: [what: string, message: Buffer, why: RegExp, dropped?: Buffer][] = [
    ["an unknown number", publish(1, `to/${UNKNOWN}`, "x"), /unknown_number/],
    ["QoS 2", publish(1, NUMBER_TOPIC, "x", 0x34), /invalid_request.*QoS 2/, PUBREC],
    ["a retained message with QoS 2", publish(1, NUMBER_TOPIC, "x", 0x35), /invalid_request.*QoS 2/, PUBREC],
    ["another topic", publish(1, "homeassistant/status", "online"), /forbidden/],
    ["a broker's own topic", publish(1, "$SYS/broker/connection/x/state", "1", 0x33), /forbidden/],
    ["a board's inbox", publish(1, `in/${ROUTE}`, "x"), /forbidden/],
    ["no topic at all", publish(1, "", "x"), /forbidden/],
    ["a topic that is not UTF-8", publish(1, Buffer.from("to/346\xff", "latin1"), "x"), /invalid_number/],
    ["a number with its +, which is a wildcard", publish(1, "to/+34600111222", "x"), /invalid_number/],
    ["9,000 octets", publish(1, NUMBER_TOPIC, "x".repeat(9_000)), /too_large/],
    ["a megabyte", publish(1, NUMBER_TOPIC, "x".repeat(1_000_000)), /too_large/],
    ["a megabyte for another topic, with QoS 2", publish(1, "a/b", "x".repeat(1_000_000), 0x34), /invalid_req/, PUBREC],
    ["octets that are not UTF-8", publish(1, NUMBER_TOPIC, Buffer.from("caf\xe9", "latin1")), /not UTF-8/],
    ["JSON with an unknown field", publish(1, NUMBER_TOPIC, '{"body":"x","colour":1}'), /invalid_request/],
];
for (const [what, message, why, dropped = puback(1)] of NEVER) {
    test(`MQTT-3.3.5-2: ${what} closes the connection; sent again by the same client it is dropped, and what is behind it gets through`, async () => {
        const client = `never ${what}`;
        assert.equal(await send(client, Buffer.concat([message, GOOD])), CUT);
        assert.match(door.logged.join("\n"), /a client's message was refused: its connection is closed/);
        assert.match(door.logged.join("\n"), why);
        door.logged.length = 0;
        const both = hex(dropped, puback(77));
        assert.equal(await send(client, Buffer.concat([message, GOOD]), both.length / 2), both);
        assert.ok(accepted() > 0);
        assert.match(door.logged.join("\n"), /a refused message came again: acknowledged and dropped/);
        assert.match(door.logged.join("\n"), why);
        assert.doesNotMatch(door.logged.join("\n"), new RegExp(UNKNOWN), "no number in the log");
    });
}

const BAD = publish(1, `to/${UNKNOWN}`, "x");

test("a message dropped once is refused again the next time: each drop has a cut of its own", async () => {
    for (let round = 0; round < 3; round++) {
        assert.equal(await send("rounds", BAD), CUT);
        assert.equal(await send("rounds", BAD, 4), hex(puback(1)));
    }
});

test("DUP and the packet id are not part of a message; its topic, payload and QoS are", async () => {
    assert.equal(await send("same", BAD), CUT);
    assert.equal(await send("same", publish(2, "to/1234567", `${UNKNOWN} x`)), CUT);
    assert.equal(await send("same", publish(3, `to/${UNKNOWN}`, "y")), CUT);
    assert.equal(await send("same", publish(4, `to/${UNKNOWN}`, "x", 0x34)), CUT);
    assert.equal(await send("same", publishOnce(`to/${UNKNOWN}`, "x")), CUT);
    assert.equal(await send("same", publish(5, `to/${UNKNOWN}`, "x", 0x3a), 4), hex(puback(5)));
});

test("another client id repeats nothing, and a client without one neither", async () => {
    for (const id of ["one", "another", "", "", ""]) assert.equal(await send(id, BAD), CUT, id);
});

test("the same message twice in one write: both are dropped, each after a cut", async () => {
    const second = publish(2, `to/${UNKNOWN}`, "x");
    assert.equal(await send("twice", Buffer.concat([BAD, second, GOOD])), CUT);
    assert.equal(await send("twice", Buffer.concat([BAD, second, GOOD])), hex(puback(1)));
    assert.equal(await send("twice", Buffer.concat([second, GOOD]), 8), hex(puback(2), puback(77)));
});

test("MQTT-4.3.3: PUBREL is answered with PUBCOMP, on the connection of its PUBREC or the next", async () => {
    const message = publish(1, NUMBER_TOPIC, "x", 0x34);
    const pubrel = Buffer.from([0x62, 2, 0, 1]);
    await send("exactly", message);
    const pubcomp = Buffer.from([0x70, 2, 0, 1]);
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connect("exactly", "u", TOKEN), message]));
    await client.octets(8);
    client.write(pubrel);
    assert.equal((await client.octets(12)).subarray(4).toString("hex"), hex(PUBREC, pubcomp));
    client.destroy();
    assert.equal(await send("exactly", pubrel, 4), hex(pubcomp));
});

test("MQTT.js keeps its messages: one that is refused closes its connection once, and the others arrive", async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${door.port}`, {
        clientId: "home",
        username: "home",
        password: TOKEN,
        reconnectPeriod: 50,
    });
    let closed = 0;
    client.on("close", () => closed++);
    await Promise.all([
        client.publishAsync(`to/${UNKNOWN}`, "to nobody", { qos: 1 }),
        client.publishAsync(NUMBER_TOPIC, "x", { qos: 2, retain: true }),
        client.publishAsync(NUMBER_TOPIC, "behind it", { qos: 1 }),
    ]);
    assert.equal(closed, 1);
    assert.ok(accepted() > 0);
    await client.endAsync(true);
});

test("a payload that is skipped is not buffered, and every octet of it counts", () => {
    const framer = new Framer(8_192);
    framer.skipsPayloads = true;
    const chunk = Buffer.alloc(65_536, "x");
    const skip = (last: string) => {
        const length = 64 * chunk.length + 1;
        const head = packet(0x32, text("a/b"), uint16(7), Buffer.alloc(length)).subarray(0, 12);
        framer.add(head);
        for (let count = 0; count < 64; count++) {
            assert.equal(framer.take(), undefined);
            assert.equal(framer.waiting, 0);
            framer.add(chunk);
        }
        assert.equal(framer.take(), undefined);
        framer.add(Buffer.from(`${last}\xc0\x00`, "latin1"));
        const read = readPublish(framer.take()!);
        assert.deepEqual([read.topic, read.packetId, read.payload], ["a/b", 7, undefined]);
        assert.equal(framer.take()?.type, 12, "PINGREQ behind it");
        return identityOf(read);
    };
    assert.equal(skip("x"), skip("x"));
    assert.notEqual(skip("x"), skip("y"));
});

test("a topic longer than a packet may be ends the connection, whatever comes", async () => {
    for (let i = 0; i < 2; i++) assert.equal(await send("long topic", publish(1, "t".repeat(9_000), "x")), CUT);
});

test("refusals are remembered in a bounded memory", () => {
    const refusals = new Refusals();
    for (let index = 0; index < 10_001; index++) assert.equal(refusals.isRepeat("a", `${index}`, 1), false);
    assert.equal(refusals.isRepeat("a", "1", 2), true);
    assert.equal(refusals.isRepeat("a", "0", 2), false, "the oldest is forgotten");
});

test("a publisher may not subscribe, may not publish elsewhere, and may not call itself a device", async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${door.port}`, {
        username: "token",
        password: TOKEN,
        reconnectPeriod: 0,
    });
    for (const filter of ["to/34600111222", "to/#", "#", `in/${ROUTE}`]) {
        await assert.rejects(client.subscribeAsync(filter), { message: /Unspecified error|128/ });
    }
    client.publish(`in/${ROUTE}`, "x", { qos: 1 });
    await new Promise((resolve) => client.once("close", () => resolve(undefined)));
    const wrong = new RawClient(door.port);
    wrong.write(connect(ROUTE, "token", TOKEN));
    assert.deepEqual(await wrong.end(), connack(2));
    const guess = new RawClient(door.port);
    guess.write(connect("p", "token", "guessed"));
    assert.deepEqual(await guess.end(), connack(4));
});

test("two publishers with one client id: the later one replaces the earlier; without a client id both stay", async () => {
    while (door.connections.stats().publishers > 0) await new Promise((go) => setImmediate(go));
    const clients = [];
    for (const id of ["a", "a", "", ""]) {
        const client = new RawClient(door.port);
        client.write(connect(id, "token", TOKEN));
        await client.octets(4);
        clients.push(client);
    }
    await clients[0]!.end();
    assert.equal(door.connections.stats().publishers, 3);
    for (const client of clients) client.destroy();
});

test("a token that is revoked while its publisher is connected is good for nothing more", async () => {
    const client = new RawClient(door.port);
    client.write(connect("p9", "token", TOKEN));
    await client.octets(4);
    door.slow.revoked = true;
    client.write(GOOD);
    assert.equal((await client.end()).length, 4);
    door.slow.revoked = false;
    assert.deepEqual(door.happened, []);
});
