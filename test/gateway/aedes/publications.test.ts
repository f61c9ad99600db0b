import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Publication } from "../../../gateway/message.ts";
import { START_MS } from "../../support/records.ts";
import { handClock } from "../../support/store-for-tests.ts";
import { openDoor, RawClient, TOKEN, type Door } from "./door.ts";
import { connect, packet, PINGREQ, publish, publishOnce } from "./packets.ts";

// What the gateway is told of a publisher's PUBLISH packets, so that one that is said again after a lost PUBACK can be known.

const CONNACK_OCTETS = 4;
const PUBACK_OCTETS = 4;
const clock = handClock();
let door: Door;
before(async () => {
    door = await openDoor({ clock });
});
beforeEach(() => void (door.noted.length = 0));
after(() => door.shut());

async function come(clientId: string, userName = "u"): Promise<RawClient> {
    const client = new RawClient(door.port);
    client.write(connect(clientId, userName, TOKEN));
    await client.octets(CONNACK_OCTETS);
    return client;
}

/** Publishes, waits for the PUBACK of each, and leaves. */
async function say(clientId: string, userName: string, ...octets: Buffer[]): Promise<Publication[]> {
    const from = door.noted.length;
    const client = await come(clientId, userName);
    client.write(Buffer.concat(octets));
    await client.octets(CONNACK_OCTETS + octets.length * PUBACK_OCTETS);
    client.destroy();
    return door.noted.slice(from).filter((line): line is Publication => "content" in line);
}

function again(octets: Buffer): Buffer {
    return Buffer.concat([Buffer.from([octets[0]! | 8]), octets.subarray(1)]);
}

test("MQTT-3.3.1-1: DUP, packet id, topic and payload tell one PUBLISH from another", async () => {
    const first = publish(7, "to/34600111222", "ring");
    const said = await say(
        "c",
        "u",
        first,
        again(first),
        publish(8, "to/34600111222", "ring"),
        publish(7, "to/34600111222", "rang"),
        publish(7, "to/34600111223", "ring"),
        publish(7, "to/3460011122", "2ring"),
    );
    assert.deepEqual(
        said.map(({ packetId, again: dup }) => [packetId, dup]),
        [7, 7, 8, 7, 7, 7].map((packetId, index) => [packetId, index === 1]),
    );
    const contents = said.map(({ content }) => content);
    assert.equal(contents[1], contents[0]);
    assert.equal(contents[2], contents[0]);
    assert.equal(new Set(contents).size, 4);
    assert.equal(new Set(said.map(({ publisher }) => publisher)).size, 1);
});

test("a publisher is known by token, user name and client id, and none by another's", async () => {
    const ring = publish(1, "to/34600111222", "ring");
    const names = [];
    for (const [clientId, userName] of [
        ["c", "u"],
        ["c", "u"],
        ["c", "v"],
        ["d", "u"],
        ["c\u00fc", ""],
    ] as const) {
        names.push(...(await say(clientId, userName, ring)).map(({ publisher }) => publisher));
    }
    assert.equal(names[1], names[0]);
    assert.equal(new Set(names).size, 4);
    for (const name of names) assert.match(name, /^[\w-]{22}$/, "a digest: no name of a client, no token");
});

test("without a client id, and with QoS 0, nothing can be known again", async () => {
    assert.deepEqual(await say("", "u", publish(1, "to/34600111222", "ring")), []);
    assert.deepEqual(door.noted, []);
    const client = await come("c");
    client.write(publishOnce("to/34600111222", "ring"));
    client.write(PINGREQ);
    await client.octets(CONNACK_OCTETS + 2);
    client.destroy();
    assert.deepEqual(
        door.noted.filter((line) => "content" in line),
        [],
    );
});

test("each connection is told before what is published on it", async () => {
    await say("c", "u", publish(1, "to/34600111222", "ring"));
    await say("c", "u", again(publish(1, "to/34600111222", "ring")));
    assert.deepEqual(
        door.noted.map((line) => Object.keys(line)[0]),
        ["came", "publisher", "came", "publisher"],
    );
});

test("who is heard 5 s after its PUBACK has it: by a ping, another PUBLISH or its DISCONNECT, and told once", async () => {
    const from = START_MS + 60_000;
    for (const [index, sign] of [PINGREQ, publish(2, "to/34600111222", "rang"), packet(0xe0)].entries()) {
        clock.turn(from + index * 60_000 - clock.nowMs());
        const client = await come(`heard ${index}`);
        client.write(publish(1, "to/34600111222", "ring"));
        await client.octets(CONNACK_OCTETS + PUBACK_OCTETS);
        clock.turn(4_999);
        client.write(PINGREQ);
        await client.octets(CONNACK_OCTETS + PUBACK_OCTETS + 2);
        const knows = () => door.noted.filter((line) => "knows" in line).map(({ untilMs }) => untilMs - from);
        assert.equal(knows().length, index, "too early");
        clock.turn(1);
        client.write(sign);
        client.write(index === 2 ? "" : PINGREQ);
        if (index === 2) await client.end();
        else await client.octets(CONNACK_OCTETS + PUBACK_OCTETS + 2 + 2 + (index === 1 ? PUBACK_OCTETS : 0));
        client.destroy();
        assert.deepEqual(knows().at(-1), index * 60_000);
        assert.equal(knows().length, index + 1);
    }
});

test("what was refused is no PUBACK to be heard of", async () => {
    door.slow.fails = true;
    const client = await come("refused");
    client.write(publish(1, "to/34600111222", "ring"));
    await client.end();
    door.slow.fails = false;
    const next = await come("refused");
    clock.turn(10_000);
    next.write(PINGREQ);
    await next.octets(CONNACK_OCTETS + 2);
    next.destroy();
    assert.deepEqual(
        door.noted.filter((line) => "knows" in line),
        [],
    );
});
