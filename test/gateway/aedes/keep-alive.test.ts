import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { silenceMs, CONNECTION_LIMITS } from "../../../gateway/limits/connection-limits.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { openDoor, RawClient, ROUTE, TOKEN, type Door } from "./door.ts";
import { connect, connectAs, PINGREQ, publish, subscribe } from "./packets.ts";

const timers = new HandTimers();
let door: Door;
before(async () => {
    door = await openDoor({ timers });
});
after(() => door.shut());

// MQTT-3.1.2-24: one and a half times the keepalive; below 15 s and above 1,200 s the gateway has its own.
const SILENCES: [keepAliveS: number, silenceS: number][] = [
    [0, 1_800],
    [1, 22.5],
    [15, 22.5],
    [16, 24],
    [60, 90],
    [1_200, 1_800],
    [1_201, 1_800],
    [65_535, 1_800],
];
for (const [keepAliveS, silenceS] of SILENCES) {
    test(`MQTT-3.1.2-24: with keepalive ${keepAliveS} a client may be silent for ${silenceS} s`, () => {
        assert.equal(silenceMs(keepAliveS, CONNECTION_LIMITS), silenceS * 1_000);
    });
}

const CLIENTS: [what: string, connect: Buffer, packet: Buffer, octets: number][] = [
    ["a board that pings", connectAs(ROUTE, { keepAliveS: 20 }), PINGREQ, 2],
    [
        "a publisher that only publishes",
        connect("p", "u", TOKEN, { keepAliveS: 20 }),
        publish(1, "to/34600111222", "x"),
        4,
    ],
];
for (const [what, connecting, packet, octets] of CLIENTS) {
    test(`MQTT-3.1.2-24: ${what} stays connected, and is cut off when it is silent`, async () => {
        const client = new RawClient(door.port);
        client.write(connecting);
        await client.octets(4);
        for (let count = 1; count <= 3; count++) {
            timers.turn(30_000);
            client.write(packet);
            assert.equal((await client.octets(4 + count * octets)).length, 4 + count * octets);
        }
        timers.turn(30_000);
        assert.equal(client.closed, false);
        timers.turn(1_001); // looked at once a second
        await client.end();
        assert.match(door.logged.join("\n"), /nothing came for longer than its keepalive/);
    });
}

test("a client that does not read is cut off when what is written to it has waited for 30 s", async () => {
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connectAs(ROUTE, { keepAliveS: 1_200 }), subscribe(1, [`in/${ROUTE}`, 1])]));
    await client.octets(9);
    client.socket.pause();
    const payload = Buffer.alloc(1_000_000);
    while (door.connections.notify(ROUTE, payload)) await new Promise((resolve) => setImmediate(resolve));
    timers.turn(30_000);
    assert.equal(door.connections.online(ROUTE), true);
    timers.turn(1_001);
    assert.equal(door.connections.online(ROUTE), false);
    assert.match(door.logged.join("\n"), /it does not read/);
    client.destroy();
});
