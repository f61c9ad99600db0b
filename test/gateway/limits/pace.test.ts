import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../gateway/limits/pace.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { openDoor, RawClient, ROUTE } from "../aedes/door.ts";
import { ACCEPTED, connectAs, puback, publish } from "../aedes/packets.ts";

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

test("a board that says messages to everybody is slowed down, not lost; what else it says goes on, and so do its pushes", async (t) => {
    const door = await openDoor({ limits: { messagesPerRoute: { burst: 5, perSecond: 20 } } });
    t.after(() => door.shut());
    const client = new RawClient(door.port);
    const messages = Array.from({ length: 25 }, (_, index) => publish(index + 1, `out/${ROUTE}/msg`, `{"i":${index}}`));
    const startMs = performance.now();
    client.write(Buffer.concat([connectAs(ROUTE), ...messages]));
    await client.octets(ACCEPTED.length + 25 * puback(1).length);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs > 900, `20 of them had to wait, 20 a second: ${tookMs} ms`);
    const said = door.happened.filter((line) => line.startsWith("said"));
    assert.deepEqual(
        said,
        messages.map((_, index) => `said ${ROUTE} msg {"i":${index}}`),
    );
    client.write(publish(99, `out/${ROUTE}/read`, '{"n":1}'));
    await door.until(`said ${ROUTE} read`);
    client.destroy();
});

test("a board that would have to wait for more than a minute is closed without PUBACK", async (t) => {
    const door = await openDoor({ limits: { messagesPerRoute: { burst: 1, perSecond: 0.01 } } });
    t.after(() => door.shut());
    const client = new RawClient(door.port);
    client.write(
        Buffer.concat([connectAs(ROUTE), publish(1, `out/${ROUTE}/msg`, "{}"), publish(2, `out/${ROUTE}/msg`, "{}")]),
    );
    await client.end();
    assert.equal(door.happened.filter((line) => line.startsWith("said")).length, 1);
    assert.ok(!client.received.subarray(4).includes(puback(2)));
});
