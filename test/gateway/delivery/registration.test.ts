import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { PATIENCE_MS } from "../../../gateway/delivery/connection.ts";
import { BOOT, openDesk, type Desk } from "./desk.ts";

let desk: Desk;
before(async () => {
    desk = await openDesk();
});
after(() => desk.close());
let startMs: number;
beforeEach(async () => {
    await desk.renew();
    startMs = desk.timers.clock.nowMs();
});

async function seen() {
    return (await desk.store.registrations.byRoute(desk.route))!;
}

test("a registration stores where the device is and what it can do, clamped to the limits", async () => {
    await desk.comes({ r: "espruino", v: "2", y: "lost", m: 9_999, w: 99, f: 12_000, q: -61 });
    const { endpoint, capabilities, seenMs } = await seen();
    assert.deepEqual(endpoint, {
        address: "127.0.0.1",
        port: 40_000,
        deviceAddress: "10.0.0.7",
        sinceMs: startMs,
        why: "lost",
    });
    assert.deepEqual(capabilities, {
        runtime: "espruino",
        firmware: "2",
        packetOctets: 4096,
        window: 16,
        freeOctets: 12_000,
        signalDbm: -61,
    });
    assert.equal(seenMs, startMs);
});

test("an endpoint keeps its time while only the port changes; a new address is a new line of history", async () => {
    await desk.comes();
    desk.delivery.closed(desk.route);
    desk.timers.turn(5_000);
    desk.delivery.connected(desk.route, { address: "127.0.0.1", port: 50_000 });
    await desk.delivery.registered(desk.route, { ...BOOT, y: "lost" });
    assert.deepEqual(await seen().then(({ endpoint }) => [endpoint?.port, endpoint?.sinceMs, endpoint?.why]), [
        50_000,
        startMs,
        "boot",
    ]);
    desk.timers.turn(5_000);
    desk.delivery.connected(desk.route, { address: "127.0.0.2", port: 50_001 });
    await desk.delivery.registered(desk.route, { ...BOOT, a: "10.0.0.9", y: "address" });
    const history = await desk.directory.endpoints(desk.route);
    assert.deepEqual(
        history.map(({ address, deviceAddress, sinceMs, why }) => [address, deviceAddress, sinceMs - startMs, why]),
        [
            ["127.0.0.2", "10.0.0.9", 10_000, "address"],
            ["127.0.0.1", "10.0.0.7", 0, "boot"],
        ],
    );
});

test("a registration that was long on its way is no other endpoint than its connection was", async () => {
    for (const [port, address, why] of [
        [1, "127.0.0.1", "boot"],
        [2, "127.0.0.1", "lost"],
        [3, "127.0.0.2", "address"],
    ] as const) {
        desk.delivery.connected(desk.route, { address, port });
        desk.delivery.subscribed(desk.route);
        desk.timers.turn(PATIENCE_MS);
        await desk.settled();
        await desk.delivery.registered(desk.route, { ...BOOT, a: address, y: why });
        desk.delivery.closed(desk.route);
    }
    const history = await desk.directory.endpoints(desk.route);
    assert.deepEqual(
        history.map(({ address, deviceAddress, why }) => [address, deviceAddress, why]),
        [
            ["127.0.0.2", "127.0.0.2", "address"],
            ["127.0.0.1", "127.0.0.1", "boot"],
        ],
    );
});

test("what the device reports as handled is settled, and not sent again", async () => {
    const messages = [];
    for (const body of ["a", "b", "c"]) messages.push((await desk.send(body)).message);
    const { epoch } = await seen();
    await desk.comes({ e: epoch, n: 0 });
    await desk.until(2);
    desk.delivery.closed(desk.route); // its PUBACKs of 1 and 2 were lost
    await desk.settled();
    await desk.store.backlog.markSent(desk.route, 2, startMs);
    desk.lines.length = 0;
    await desk.comes({ e: epoch, n: 2 });
    await desk.until(2);
    assert.deepEqual(desk.lines, [`notify {"e":${epoch},"c":${Math.floor(startMs / 1000)},"w":1}`, "push 3 c"]);
    assert.deepEqual((await desk.states(messages[0]!.id)).at(-1), "delivered");
    assert.deepEqual((await desk.states(messages[1]!.id)).at(-1), "delivered");
});

test("a sequence of another epoch settles nothing: the hello names the one that counts", async () => {
    await desk.send("a");
    const { epoch } = await seen();
    await desk.comes({ e: epoch - 1, n: 500 });
    await desk.until(2);
    assert.deepEqual(desk.lines, [`notify {"e":${epoch},"c":${Math.floor(startMs / 1000)},"w":1}`, "push 1 a"]);
});

test("a device that has seen more than was ever given: the store is a backup's, and there is a new epoch", async () => {
    await desk.send("a");
    const { epoch } = await seen();
    await desk.comes({ e: epoch, n: 70 });
    await desk.until(2);
    const after = await seen();
    assert.notEqual(after.epoch, epoch);
    assert.deepEqual(desk.lines, [`notify {"e":${after.epoch},"c":${Math.floor(startMs / 1000)},"w":1}`, "push 1 a"]);
});

test("an application that does not run: pushes wait, and come when one runs; they expire by their ttl all the same", async () => {
    await desk.comes({ p: "Error: no display", w: 4 });
    const waiting = await desk.send("wait");
    const short = await desk.send("late", { ttlS: 1 });
    const now = await desk.send("now or never", { ttlS: 0 });
    desk.timers.turn(2_000);
    await desk.settled();
    assert.equal(desk.lines.length, 1); // the hello
    assert.equal((await seen()).capabilities?.application, "Error: no display");
    assert.deepEqual(await desk.states(now.message.id), ["accepted", "expired"]);
    desk.delivery.closed(desk.route);
    await desk.comes({ p: "running" });
    await desk.until(3);
    assert.equal(desk.lines[2], "push 1 wait");
    desk.acknowledges(1);
    await desk.settled();
    assert.deepEqual(await desk.states(waiting.message.id), ["accepted", "sent", "delivered"]);
    assert.deepEqual(await desk.states(short.message.id), ["accepted", "expired"]);
});

test("a registration of a route that has ended rejects: no PUBACK", async () => {
    await desk.directory.remove((await seen()).number);
    await assert.rejects(desk.comes(), { code: "unregistered" });
});

test("a second registration on one connection is answered too, and counts from then on", async () => {
    await desk.comes();
    for (const body of ["a", "b", "c"]) await desk.send(body);
    await desk.until(2);
    await desk.delivery.registered(desk.route, { ...BOOT, w: 3 });
    await desk.until(6);
    const [, , , ...again] = desk.lines;
    assert.deepEqual(
        desk.lines.map((line) => line.split(" ")[0]),
        ["notify", "push", "notify", "push", "push", "push"],
    );
    assert.deepEqual(again, ["push 1 a", "push 2 b", "push 3 c"], "what it has not acknowledged comes again");
});

/** Sends so many messages, each with its sequence as body, not more at once than a sender may who has overflowed lately. */
async function fill(count: number): Promise<void> {
    const send = (from: number, to: number) =>
        Promise.all(Array.from({ length: to - from }, (_, index) => desk.send(`${from + index + 1}`)));
    await send(0, 500);
    await send(500, 1_000);
    await send(1_000, count);
}

test("overflow is sent at once to a device that is there", async () => {
    await desk.comes();
    await desk.send("x");
    await desk.until(2);
    const urgency = (count: number) => (count < 3 ? "very-low" : "normal");
    await Promise.all(Array.from({ length: 1_000 }, (_, count) => desk.send(`${count}`, { urgency: urgency(count) })));
    await desk.until(3);
    assert.equal(desk.lines[2], 'notify {"o":1,"a":2,"z":2}');
});

test("overflow while the device is away is sent when it comes back, summed up, before the first push", async () => {
    await fill(1_003);
    await desk.comes();
    await desk.until(3);
    assert.deepEqual(desk.lines.slice(1), ['notify {"o":3,"a":1,"z":3}', "push 4 4"]);
    desk.delivery.closed(desk.route);
    await desk.comes();
    await desk.until(5);
    assert.match(desk.lines[4]!, /^push/, "once");
});

test("overflow that a gateway before this one did not send is sent by this one", async () => {
    await fill(1_002);
    await desk.restart();
    await desk.comes();
    await desk.until(3);
    assert.deepEqual(desk.lines.slice(1), ['notify {"o":2,"a":1,"z":2}', "push 3 3"]);
    await desk.settled();
    await desk.restart();
    await desk.comes();
    await desk.until(5);
    assert.match(desk.lines[4]!, /^push/, "once");
});

test("last contact is written down once a minute at most, and when the connection ends", async () => {
    await desk.comes();
    await desk.send("a");
    await desk.send("b");
    await desk.until(2);
    desk.timers.turn(10_000);
    desk.acknowledges(1);
    await desk.until(3);
    await desk.settled();
    assert.equal((await seen()).seenMs, startMs);
    desk.timers.turn(15_000);
    desk.acknowledges(2);
    desk.timers.turn(600_000);
    desk.delivery.closed(desk.route);
    await desk.settled();
    assert.equal((await seen()).seenMs, startMs + 625_000);
});

test("the hello is sent again before a push: after ten minutes, and when ours was put right; else it is not", async () => {
    await desk.comes();
    const { epoch } = await seen();
    const clockS = () => Math.floor(desk.timers.clock.nowMs() / 1000);
    const hello = () => `notify {"e":${epoch},"c":${clockS()}}`;
    const { wallMs } = desk.timers;
    assert.equal(desk.lines.length, 1, "the answer to the registration");
    desk.timers.turn(599_000);
    await desk.send("the device counts on from its hello");
    assert.deepEqual(desk.lines.slice(1), ["push 1 the device counts on from its hello"]);
    desk.acknowledges(1);
    desk.timers.turn(1_000);
    await desk.send("crystals drift");
    assert.deepEqual(desk.lines.slice(2), [hello(), "push 2 crystals drift"]);
    desk.acknowledges(2);
    for (const stepMs of [-7_200_000, 86_400_000, 2_000]) {
        desk.timers.wallMs += stepMs;
        const earlier: number = desk.lines.length;
        const { message } = await desk.send("put right");
        assert.deepEqual(desk.lines.slice(earlier), [hello(), `push ${message.sequence} put right`], `by ${stepMs} ms`);
        desk.acknowledges(message.sequence);
    }
    desk.timers.wallMs = wallMs; // as the other tests found it
});

test("the hello that is sent again comes with the base of the backoff as it is then, and without one when there are few boards", async () => {
    let baseS: number | undefined = 3;
    const other = await openDesk(undefined, () => baseS);
    try {
        await other.comes();
        const hello = () => JSON.parse(other.lines.at(-2)!.slice("notify ".length)) as { d?: number };
        assert.equal((JSON.parse(other.lines[0]!.slice("notify ".length)) as { d?: number }).d, 3);
        baseS = 5;
        other.timers.turn(600_000);
        await other.send("ten minutes later");
        assert.equal(hello().d, 5);
        other.acknowledges(1);
        baseS = undefined;
        other.timers.turn(600_000);
        await other.send("and later");
        assert.equal("d" in hello(), false);
    } finally {
        await other.close();
    }
});
