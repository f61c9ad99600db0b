import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../gateway/limits/pace.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { openDoor, RawClient, ROUTE } from "../aedes/door.ts";
import { ACCEPTED, connectAs, PINGREQ, PINGRESP, puback, publish } from "../aedes/packets.ts";

/** Lets promises that are ready go on. */
const settled = () => new Promise(setImmediate);

test("pace: a burst at once, then one a second, in order; who asks for far too much is refused; others do not wait", async () => {
    const timers = new HandTimers();
    const pace = new Pace({ burst: 3, perSecond: 1 }, timers);
    const let_: number[] = [];
    const refused: number[] = [];
    for (let index = 0; index < 70; index++) {
        void pace.wait("a").then((may) => (may ? let_ : refused).push(index));
    }
    await settled();
    assert.deepEqual(let_, [0, 1, 2]);
    assert.deepEqual(refused, [63, 64, 65, 66, 67, 68, 69], "a minute ahead is the most");
    assert.equal(await pace.wait("b"), true);
    timers.turn(2_000);
    await settled();
    assert.deepEqual(let_, [0, 1, 2, 3, 4]);
    timers.turn(58_000);
    await settled();
    assert.equal(let_.length, 63);
    pace.sweep();
    timers.turn(3_000);
    for (let index = 0; index < 3; index++) assert.equal(await pace.wait("a"), true);
});

/** To another number. */
const message = (index: number) => publish(index, `out/${ROUTE}/msg`, `{"to":"+34600111222","b":"${index}"}`);

test("a board that sends to everybody is slowed down: nothing is lost, and its pings do not wait", async (t) => {
    const timers = new HandTimers();
    const door = await openDoor({ timers, limits: { messagesPerRoute: { burst: 5, perSecond: 20 } } });
    t.after(() => door.shut());
    const client = new RawClient(door.port);
    const messages = Array.from({ length: 25 }, (_, index) => message(index + 1));
    client.write(Buffer.concat([connectAs(ROUTE), ...messages, PINGREQ]));
    await client.octets(ACCEPTED.length + 5 * puback(1).length + PINGRESP.length);
    const accepted = () => door.happened.filter((line) => line.startsWith("accepted"));
    assert.equal(accepted().length, 5);
    timers.turn(500);
    await client.octets(ACCEPTED.length + 15 * puback(1).length + PINGRESP.length);
    assert.equal(accepted().length, 15);
    timers.turn(500);
    await client.octets(ACCEPTED.length + 25 * puback(1).length + PINGRESP.length);
    assert.deepEqual(
        accepted(),
        messages.map((_, index) => `accepted ${ROUTE} +34600111222 ${index + 1}`),
    );
    client.destroy();
});

test("a board's registrations and reports, garbled ones too, count at once, and their PUBACKs have a pace", async (t) => {
    const timers = new HandTimers();
    const door = await openDoor({ timers, limits: { reportsPerRoute: { burst: 5, perSecond: 20 } } });
    t.after(() => door.shut());
    const client = new RawClient(door.port);
    const topics = ["reg", "read", "nack"].flatMap((topic) => [topic, topic, topic]);
    const packets = topics.map((topic, index) =>
        publish(index + 1, `out/${ROUTE}/${topic}`, index % 3 ? '{"n":1}' : "?"),
    );
    client.write(Buffer.concat([connectAs(ROUTE), ...packets, PINGREQ]));
    await client.octets(ACCEPTED.length + PINGRESP.length);
    while (door.happened.length < 1 + 2 + 3 + 3) await settled();
    assert.ok(client.received.length <= ACCEPTED.length + 5 * puback(1).length + PINGRESP.length);
    timers.turn(500);
    await client.octets(ACCEPTED.length + 9 * puback(1).length + PINGRESP.length);
    client.destroy();
});

test("a board that would have to wait for more than a minute is closed without PUBACK", async (t) => {
    const door = await openDoor({ limits: { messagesPerRoute: { burst: 1, perSecond: 0.01 } } });
    t.after(() => door.shut());
    const client = new RawClient(door.port);
    client.write(Buffer.concat([connectAs(ROUTE), message(1), message(2)]));
    await client.end();
    assert.equal(door.happened.filter((line) => line.startsWith("accepted")).length, 1);
    assert.ok(!client.received.subarray(4).includes(puback(2)));
});
