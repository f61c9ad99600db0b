import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { DevicePeer, type DeviceDependencies } from "../../../gateway/aedes/device-peer.ts";
import type { E164 } from "../../../gateway/number.ts";
import type { Route } from "../../../gateway/registration.ts";
import { MANY, openDoor, RawClient, OTHER, ROUTE, type Door } from "./door.ts";
import { connectAs, packetsIn, PINGREQ, puback, publish, publishIn, publishOnce, subscribe } from "./packets.ts";

let door: Door;
before(async () => {
    door = await openDoor({ limits: { shortConnections: MANY, connectsPerRoute: MANY } });
});
after(() => door.shut());

const HEAD = 2 + 2 + 3 + 16 + 2; // of a PUBLISH at QoS 1 to an inbox

async function online(route: Route, qos = 1): Promise<RawClient> {
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connectAs(route), subscribe(1, [`in/${route}`, qos])]));
    await client.octets(9);
    return client;
}

/** The packet ids of the pushes a client received, in order. */
function packetIds(client: RawClient): number[] {
    return packetsIn(client.received)
        .filter((packet) => packet[0] === 0x32)
        .map((packet) => packet.readUInt16BE(HEAD - 2));
}

test("pushes leave in order, and each PUBACK is reported with its sequence, in whatever order they come", async () => {
    const client = await online(ROUTE);
    for (const sequence of [3, 4, 5, 9]) assert.ok(door.connections.push(ROUTE, sequence, Buffer.from(`${sequence}`)));
    await client.octets(9 + 4 * (HEAD + 1));
    const bodies = packetsIn(client.received)
        .slice(2)
        .map((packet) => packet.subarray(HEAD).toString());
    assert.deepEqual(bodies, ["3", "4", "5", "9"]);
    const ids = packetIds(client);
    assert.equal(new Set(ids).size, 4);
    const from = door.happened.length;
    client.write(Buffer.concat([puback(ids[2]!), puback(ids[0]!), puback(ids[0]!), puback(60_000), PINGREQ]));
    await client.octets(9 + 4 * (HEAD + 1) + 2);
    assert.deepEqual(door.happened.slice(from), [`acknowledged ${ROUTE} 5`, `acknowledged ${ROUTE} 3`]);
    client.destroy();
});

test("MQTT-2.3.1-1, MQTT-2.3.1-4: packet ids are 1 to 65,535, and one in use is not given again", () => {
    const acknowledged: number[] = [];
    const events = {
        connected() {},
        subscribed() {},
        acknowledged: (_route: Route, sequence: number) => acknowledged.push(sequence),
    };
    const address = { address: "127.0.0.1", port: 40_000 };
    const registration = { route: ROUTE, number: "+34600111222" as E164 };
    const peer = new DevicePeer(registration, address, { events } as unknown as DeviceDependencies);
    let written = 0;
    const write = (packet: Buffer) => void (written = publishIn(packet)!.packetId);
    peer.ready({ write, stuckMs: undefined, limitPackets() {} });
    peer.subscribed(1);
    peer.push(1, Buffer.from("x"));
    for (let sequence = 2; sequence <= 65_536; sequence++) {
        peer.push(sequence, Buffer.from("x"));
        assert.equal(written, sequence <= 65_535 ? sequence : 2, "1 is in use");
        peer.acknowledged(written);
    }
    peer.acknowledged(1);
    peer.acknowledged(1);
    assert.equal(acknowledged.length, 65_536);
});

test("a message outside the numbering resolves true at its PUBACK, and false when the connection ends first", async () => {
    const client = await online(ROUTE);
    const first = door.connections.notifyAcknowledged(ROUTE, Buffer.from("one"));
    assert.ok(door.connections.push(ROUTE, 1, Buffer.from("abc")));
    await client.octets(9 + 2 * (HEAD + 3));
    const from = door.happened.length;
    client.write(puback(packetIds(client)[0]!));
    assert.equal(await first, true);
    assert.deepEqual(door.happened.slice(from), [], "it is no push");
    const second = door.connections.notifyAcknowledged(ROUTE, Buffer.from("two"));
    await client.octets(9 + 3 * (HEAD + 3));
    client.destroy();
    assert.equal(await second, false);
    assert.equal(await door.connections.notifyAcknowledged(ROUTE, Buffer.from("three")), false);
});

test("an inbox at QoS 0 gets its pushes at QoS 0, and written is as good as acknowledged", async () => {
    const client = await online(ROUTE, 0);
    const from = door.happened.length;
    assert.ok(door.connections.push(ROUTE, 41, Buffer.from("x")));
    await client.octets(9 + HEAD - 2 + 1);
    await door.until(`acknowledged ${ROUTE} 41`);
    assert.equal(packetsIn(client.received).at(-1)![0], 0x30);
    assert.deepEqual(door.happened.slice(from), [`acknowledged ${ROUTE} 41`]);
    client.destroy();
});

test("MQTT-4.6.0-2: PUBACKs come in the order of the PUBLISHes, though the store was slower with the first", async () => {
    const client = await online(ROUTE);
    door.slow.storeMs = 60;
    client.write(publish(1, `out/${ROUTE}/read`, "slow"));
    await door.until(`reported ${ROUTE} read slow`);
    door.slow.storeMs = 0;
    client.write(Buffer.concat([publish(2, `out/${ROUTE}/read`, "fast"), PINGREQ]));
    const received = (await client.octets(9 + 10)).subarray(9).toString("hex");
    assert.equal(received, "d000" + "40020001" + "40020002", "and the ping does not wait for either");
    client.destroy();
});

test("no PUBACK for what could not be stored: the connection ends, so that the device sends it again", async () => {
    const client = await online(ROUTE);
    door.slow.fails = true;
    client.write(publish(1, `out/${ROUTE}/msg`, '{"to":"+34600111222","b":"x"}'));
    assert.equal((await client.end()).length, 9);
    door.slow.fails = false;
});

test("what could not be stored ends the connection in its turn: behind the PUBACKs of those before it", async () => {
    const client = await online(ROUTE);
    door.slow.storeMs = 60;
    client.write(publish(1, `out/${ROUTE}/read`, "slow and stored"));
    await door.until(`reported ${ROUTE} read slow and stored`);
    door.slow.storeMs = 0;
    client.write(publish(2, "a topic of nobody", "fast and refused"));
    client.write(publish(3, `out/${ROUTE}/read`, "behind it"));
    assert.equal((await client.end()).subarray(9).toString("hex"), "40020001");
});

const REFUSED: [what: string, payload: string, answer: string][] = [
    ["its core's key", '{"i":7,"g":9,"to":"+34600999999","b":"x"}', '{"i":7,"g":9,"y":"unknown_number"}'],
    ["its application's key", '{"id":"bell","to":"+34600999999","b":"x"}', '{"id":"bell","y":"unknown_number"}'],
    ["no key", '{"to":"+34600999999","b":"x"}', '{"y":"unknown_number"}'],
    ["a key that is none", '{"i":{},"g":1,"to":"+34600111222","b":"x"}', '{"g":1,"y":"invalid_request"}'],
    ["octets that are no JSON", "{", '{"y":"invalid_request"}'],
];
for (const [what, payload, answer] of REFUSED) {
    test(`a board's message with ${what} is refused: it hears why, and then comes the PUBACK`, async () => {
        const client = await online(ROUTE);
        door.slow.refuses = "+34600999999";
        client.write(publish(7, `out/${ROUTE}/msg`, payload));
        const expected = Buffer.concat([publishOnce(`in/${ROUTE}`, answer), puback(7)]);
        assert.equal(
            (await client.octets(9 + expected.length)).subarray(9).toString("latin1"),
            expected.toString("latin1"),
        );
        door.slow.refuses = "none";
        client.destroy();
    });
}

test("a registration that is no JSON object is acknowledged and ignored; odd values in one are left out", async () => {
    const client = await online(ROUTE);
    const from = door.happened.length;
    const payloads = [
        "[]",
        "null",
        "{",
        "7",
        "",
        "\xff",
        '{"r":7,"y":"why","m":-1,"w":1.5,"e":"x","n":null,"q":-70,"p":"caf\xe9","z":{}}',
    ];
    for (const [index, payload] of payloads.entries()) {
        client.write(publish(index + 1, `out/${ROUTE}/reg`, Buffer.from(payload, "latin1")));
    }
    await client.octets(9 + 4 * payloads.length);
    assert.deepEqual(door.happened.slice(from), [
        `registered ${ROUTE} {"r":"","v":"","a":"","y":"boot","m":1024,"w":1,"p":"caf\ufffd","q":-70}`,
    ]);
    client.destroy();
});

test("a device that announced more may send more, 4,096 octets at most", async () => {
    const client = await online(ROUTE);
    client.write(publish(1, `out/${ROUTE}/reg`, '{"m":60000}'));
    await client.octets(13);
    const topic = `out/${ROUTE}/read`;
    client.write(publish(2, topic, "x".repeat(4096 - 3 - 2 - topic.length - 2)));
    assert.equal((await client.octets(17)).length, 17);
    client.write(publish(3, topic, "x".repeat(4096 - 3 - 2 - topic.length - 2 + 1)));
    assert.equal((await client.end()).length, 17);
});

test("what a client sends faster than it is stored waits in its own socket, and all of it is stored in the end", async () => {
    const client = await online(ROUTE);
    door.slow.storeMs = 20;
    const from = door.happened.length;
    const count = 900; // a board may have 1,000 reports taken without a pace
    for (let id = 1; id <= count; id++) client.write(publish(id, `out/${ROUTE}/read`, `${id}`));
    await new Promise((resolve) => setTimeout(resolve, 15));
    const early = door.happened.length - from;
    assert.ok(early > 0 && early <= 32, `${early} at once`);
    door.slow.storeMs = 0;
    await client.octets(9 + 4 * count);
    assert.deepEqual(
        door.happened.slice(from).map((line) => line.split(" ")[3]),
        Array.from({ length: count }, (_, index) => `${index + 1}`),
    );
    client.destroy();
});

test("a client that pings and does not read is no longer read; another one is served meanwhile", async () => {
    const frozen = await online(ROUTE);
    frozen.socket.pause();
    const pings = Buffer.alloc(200_000, PINGREQ);
    let sent = 0;
    const stuck = new Promise<void>((resolve) => {
        const send = () => {
            if (sent > 100) return resolve();
            sent++;
            if (frozen.socket.write(pings)) setImmediate(send);
            else {
                const timer = setTimeout(resolve, 400);
                frozen.socket.once("drain", () => {
                    clearTimeout(timer);
                    send();
                });
            }
        };
        send();
    });
    const other = await online(OTHER);
    const before = process.memoryUsage().rss;
    const watch = (async () => {
        for (let count = 1; count <= 20; count++) {
            other.write(PINGREQ);
            await other.octets(9 + 2 * count);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    })();
    await Promise.all([stuck, watch]);
    const grown = (process.memoryUsage().rss - before) / 1e6;
    assert.equal(frozen.closed, false, "the other was served beside it");
    assert.ok(grown < 150, `${grown} MB more`);
    assert.equal(door.connections.notify(ROUTE, Buffer.from("x")) && sent > 100, false);
    frozen.destroy();
    other.destroy();
});

test("a notice to a device that does not read is dropped, not kept in memory", async () => {
    const frozen = await online(ROUTE);
    frozen.socket.pause();
    const payload = Buffer.alloc(1_000_000, "x");
    let taken = 0;
    for (let count = 0; count < 300; count++) {
        if (door.connections.notify(ROUTE, payload)) taken++;
        await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(taken > 0 && taken < 50, `${taken} of 300 were taken`);
    frozen.destroy();
});

test("QoS 0 sayings are taken too, in their order", async () => {
    const client = await online(ROUTE);
    const from = door.happened.length;
    for (const body of ["a", "b", "c"]) client.write(publishOnce(`out/${ROUTE}/read`, body));
    client.write(PINGREQ);
    await client.octets(11);
    assert.deepEqual(
        door.happened.slice(from),
        ["a", "b", "c"].map((body) => `reported ${ROUTE} read ${body}`),
    );
    client.destroy();
});

test("shut ends its own sockets only, and both ends know at once", async () => {
    const second = await openDoor();
    const client = new RawClient(second.port);
    client.write(connectAs(ROUTE));
    await client.octets(4);
    const silent = new RawClient(second.port);
    await once(silent.socket, "connect");
    const other = await online(OTHER);
    await second.shut();
    await Promise.all([client.end(), silent.end()]);
    assert.equal(second.happened.at(-1), `closed ${ROUTE}`);
    assert.equal(other.closed, false);
    other.destroy();
});
