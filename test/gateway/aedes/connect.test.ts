import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { eventually, pause } from "../../support/eventually.ts";
import { MANY, CODE, openDoor, RawClient, OTHER, ROUTE, type Door } from "./door.ts";
import { ACCEPTED, connack, connect, connectAs, PINGREQ, publish, subscribe } from "./packets.ts";

let door: Door;
before(async () => {
    const limits = { shortConnections: MANY, connectMs: 300, connectsPerRoute: { burst: 10_000, perSecond: 1 } };
    door = await openDoor({ limits });
});
after(() => door.shut());

const AT_ONCE = () => undefined;

/** Holds authentications from now on. @returns asked: resolves when one is under way. go: lets the last one go on */
function hold(): { asked(): Promise<void>; go(): void } {
    let go: (() => void) | undefined;
    door.slow.authenticate = () => new Promise<void>((resolve) => (go = resolve));
    return { asked: () => eventually("an authentication", () => go !== undefined), go: () => go!() };
}

/** What the door noted while something was done. */
async function noted(work: () => Promise<void>): Promise<string[]> {
    const from = door.happened.length;
    await work();
    return door.happened.slice(from);
}

test("CONNECT, SUBSCRIBE and registration in one write are taken in order, while the store takes its time", async () => {
    door.slow.authenticate = () => pause(60);
    const client = new RawClient(door.port);
    const lines = await noted(async () => {
        client.write(
            Buffer.concat([
                connectAs(ROUTE),
                subscribe(1, [`in/${ROUTE}`, 1]),
                publish(
                    2,
                    `out/${ROUTE}/reg`,
                    '{"r":"host","v":"1","a":"10.0.0.7","y":"boot","m":1024,"w":4,"e":7,"n":3}',
                ),
                PINGREQ,
            ]),
        );
        await client.octets(15);
    });
    door.slow.authenticate = AT_ONCE;
    assert.deepEqual(lines.sort(), [
        `connected ${ROUTE} 127.0.0.1 true`,
        `registered ${ROUTE} {"r":"host","v":"1","a":"10.0.0.7","y":"boot","m":1024,"w":4,"e":7,"n":3}`,
        `subscribed ${ROUTE}`,
    ]);
    const received = client.received.toString("hex");
    assert.ok(received.startsWith("20020000"), "CONNACK first, without a session (MQTT-3.2.2-1)");
    for (const answer of ["9003000101", "40020002", "d000"]) assert.ok(received.includes(answer), answer);
    client.destroy();
});

test("MQTT-3.2.2-3: a session is never present, whether the client wants it or not", async () => {
    for (const flags of [0xc2, 0xc0]) {
        for (let time = 1; time <= 2; time++) {
            const client = new RawClient(door.port);
            client.write(Buffer.concat([connectAs(ROUTE, { flags }), subscribe(1, [`in/${ROUTE}`, 1])]));
            assert.deepEqual((await client.octets(9)).subarray(0, 4), ACCEPTED);
            client.destroy();
        }
    }
});

test("a CONNECT that comes one octet at a time is cut off at its deadline", async () => {
    const client = new RawClient(door.port);
    await once(client.socket, "connect");
    const whole = connectAs(ROUTE);
    let at = 0;
    const drip = setInterval(() => client.write(whole.subarray(at, ++at)), 20);
    assert.equal((await client.end()).length, 0);
    clearInterval(drip);
    assert.ok(at > 0 && at < whole.length, `cut after ${at} of ${whole.length} octets`);
});

test("a silent connection is cut off at the deadline", async () => {
    const client = new RawClient(door.port);
    assert.equal((await client.end()).length, 0);
});

test("an authentication that takes longer than the CONNECT deadline is waited for", async () => {
    door.slow.authenticate = () => pause(500);
    const client = new RawClient(door.port);
    client.write(connectAs(ROUTE));
    assert.deepEqual(await client.octets(4), ACCEPTED);
    door.slow.authenticate = AT_ONCE;
    client.destroy();
});

test("a store that does not answer is CONNACK 3: come later", async () => {
    const late = await openDoor({ limits: { authenticateMs: 50 } });
    late.slow.authenticate = () => pause(400);
    const client = new RawClient(late.port);
    client.write(connectAs(ROUTE));
    assert.deepEqual(await client.end(), connack(3));
    await late.shut();
});

test("MQTT-3.1.4-2: a second connection of a route ends the first; a wrong secret ends nothing", async () => {
    const first = new RawClient(door.port);
    first.write(connectAs(ROUTE));
    await first.octets(4);
    const stranger = new RawClient(door.port);
    stranger.write(connect(ROUTE, ROUTE, "guessed"));
    assert.deepEqual(await stranger.end(), connack(4));
    assert.equal(first.closed, false);
    const lines = await noted(async () => {
        const second = new RawClient(door.port);
        second.write(connectAs(ROUTE));
        await second.octets(4);
        await first.end();
        assert.equal(door.connections.online(ROUTE), true);
        second.destroy();
        await door.until("closed");
    });
    assert.deepEqual(lines.slice(0, 2), [`closed ${ROUTE}`, `connected ${ROUTE} 127.0.0.1 true`]);
});

test("of 200 simultaneous connects of one route one is left, and it works", async () => {
    const clients = Array.from({ length: 200 }, () => new RawClient(door.port));
    await Promise.all(clients.map((client) => once(client.socket, "connect")));
    const lines = await noted(async () => {
        for (const client of clients) client.write(Buffer.concat([connectAs(OTHER), subscribe(1, [`in/${OTHER}`, 1])]));
        await Promise.all(clients.map((client) => client.octets(9)));
        while (clients.filter((client) => !client.closed).length > 1) {
            await Promise.race(clients.filter((client) => !client.closed).map((client) => client.end()));
        }
    });
    const left = clients.filter((client) => !client.closed);
    assert.equal(left.length, 1);
    assert.equal(door.connections.count(), 1);
    let online = 0;
    for (const line of lines) {
        if (line.startsWith(`connected ${OTHER}`)) online++;
        if (line.startsWith(`closed ${OTHER}`)) online--;
        assert.ok(online === 0 || online === 1, "never two at once, as delivery sees it");
    }
    await left[0]!.octets(9);
    assert.ok(door.connections.push(OTHER, 1, Buffer.from("x")));
    assert.equal((await left[0]!.octets(9 + 26)).length, 9 + 26);
    left[0]!.destroy();
});

test("of two connects of a route the later one stays, though the store answers for the earlier one last", async () => {
    const held = hold();
    const early = new RawClient(door.port);
    early.write(connectAs(ROUTE));
    await held.asked();
    door.slow.authenticate = AT_ONCE;
    const late = new RawClient(door.port);
    late.write(connectAs(ROUTE));
    await late.octets(4);
    held.go();
    assert.deepEqual(await early.end(), connack(3));
    assert.equal(late.closed, false);
    late.destroy();
});

test("a route that is closed while its CONNECT is looked up does not slip in; it may come again", async () => {
    const held = hold();
    const client = new RawClient(door.port);
    client.write(connectAs(ROUTE));
    await held.asked();
    door.connections.close(ROUTE, "removed");
    held.go();
    assert.deepEqual(await client.end(), connack(3));
    assert.equal(door.connections.online(ROUTE), false);
    door.slow.authenticate = AT_ONCE;
    const again = new RawClient(door.port);
    again.write(connectAs(ROUTE));
    assert.deepEqual(await again.octets(4), ACCEPTED);
    again.destroy();
});

test("enrolment: a board with a code gets its route and secret, at QoS 1, when it has subscribed", async () => {
    const client = new RawClient(door.port);
    client.write(connect("enrol-a1B2c3", "+34 600 111 222", ` ${CODE.slice(0, 4)} \u2013 ${CODE.slice(4)}-`));
    await client.octets(4);
    client.write(subscribe(1, ["enrol/a1B2c3", 1]));
    const received = await client.octets(9 + 2 + 2 + 12 + 2 + 37);
    assert.equal(received.subarray(4, 9).toString("hex"), "9003000101");
    assert.equal(received[9], 0x32, "PUBLISH at QoS 1");
    assert.equal(received.subarray(13, 25).toString(), "enrol/a1B2c3");
    assert.deepEqual(JSON.parse(received.subarray(27).toString()), { r: ROUTE, s: "s3cret" });
    client.write(publish(5, "enrol/a1B2c3", "{}"));
    await client.end();
});

const REFUSED_ENROLMENTS: [what: string, connect: Buffer, code: number][] = [
    ["a wrong code", connect("enrol-a1", "+34600111222", "87654321"), 4],
    ["another number", connect("enrol-a1", "+34600111223", CODE), 4],
    ["no number", connect("enrol-a1", "me", CODE), 4],
    ["a chip id with a slash", connect("enrol-a/1", "+34600111222", CODE), 2],
    ["a chip id with a wildcard", connect("enrol-+", "+34600111222", CODE), 2],
    ["no chip id", connect("enrol-", "+34600111222", CODE), 2],
];
for (const [what, octets, code] of REFUSED_ENROLMENTS) {
    test(`enrolment with ${what} is answered ${code}`, async () => {
        const client = new RawClient(door.port);
        client.write(octets);
        assert.deepEqual(await client.end(), connack(code));
    });
}
