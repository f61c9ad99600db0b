import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { NOW_MS, PUBACK_MS } from "../../../gateway/delivery/window.ts";
import { append, messageOf } from "../../support/records.ts";
import { SWEEP_MS } from "../../../gateway/delivery/delivery.ts";
import { PATIENCE_MS } from "../../../gateway/delivery/connection.ts";
import { openDesk, type Desk } from "./desk.ts";

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

test("a message for a connected device is sent at once, delivered at its PUBACK, and gone from the backlog", async () => {
    await desk.comes();
    const { message } = await desk.send("hello");
    await desk.until(2);
    const { epoch } = (await desk.store.registrations.byRoute(desk.route))!;
    assert.deepEqual(desk.lines, [`notify {"e":${epoch},"c":${Math.floor(startMs / 1000)},"w":0}`, "push 1 hello"]);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent"]);
    desk.acknowledges(1);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered"]);
    assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
});

test("what waited is sent in the order of sequences, one after the other, whatever its urgency; the hello has their count", async () => {
    for (const [body, urgency] of [
        ["a", "low"],
        ["b", "high"],
        ["c", "very-low"],
        ["d", "high"],
    ] as const) {
        await desk.send(body, { urgency });
    }
    await desk.comes();
    await desk.until(2);
    assert.match(desk.lines[0]!, /"w":4}$/);
    for (const sequence of [1, 2, 3]) {
        await desk.settled();
        assert.equal(desk.lines.length, 1 + sequence, "one at a time");
        desk.acknowledges(sequence);
    }
    await desk.until(5);
    assert.deepEqual(desk.lines.slice(1), ["push 1 a", "push 2 b", "push 3 c", "push 4 d"]);
});

test("as many are inflight as the device announced, and never more", async () => {
    for (let count = 1; count <= 60; count++) await desk.send(`${count}`);
    await desk.comes({ w: 5 });
    let acknowledged = 0;
    while (acknowledged < 60) {
        await desk.settled();
        const pushes = desk.lines.length - 1;
        assert.ok(pushes - acknowledged <= 5 && pushes > acknowledged);
        desk.acknowledges(++acknowledged);
    }
    await desk.settled();
    const bodies = desk.lines.slice(1).map((line) => line.split(" ")[2]);
    assert.deepEqual(
        bodies,
        Array.from({ length: 60 }, (_, index) => `${index + 1}`),
    );
    assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
});

test("a device that wants a window of 1,000 gets one of 16, one of 0 gets none", async () => {
    for (let count = 0; count < 20; count++) await desk.send("x");
    await desk.comes({ w: 1_000 });
    await desk.settled();
    assert.equal(desk.lines.length, 1 + 16);
    desk.delivery.closed(desk.route);
    desk.lines.length = 0;
    await desk.comes({ w: 0 });
    await desk.settled();
    assert.equal(desk.lines.length, 1);
});

test("no push before the registration is stored; a client that does not register gets its first after 250 ms", async () => {
    await desk.send("hello");
    desk.delivery.connected(desk.route, { address: "127.0.0.1", port: 1 });
    await desk.settled();
    desk.delivery.subscribed(desk.route);
    desk.timers.turn(PATIENCE_MS - 1);
    await desk.settled();
    assert.deepEqual(desk.lines, []);
    desk.timers.turn(1);
    assert.deepEqual(await desk.until(1), ["push 1 hello"]);
    await desk.settled();
    const { endpoint } = (await desk.store.registrations.byRoute(desk.route))!;
    assert.equal(endpoint?.address, "127.0.0.1");
});

test("a registration before the subscription is answered after it, before any push", async () => {
    await desk.send("hello");
    desk.delivery.connected(desk.route, { address: "127.0.0.1", port: 1 });
    await desk.delivery.registered(desk.route, { r: "", v: "", a: "", y: "boot", m: 1024, w: 1 });
    assert.deepEqual(desk.lines, []);
    desk.delivery.subscribed(desk.route);
    await desk.until(2);
    assert.match(desk.lines[0]!, /^notify/);
});

test("no PUBACK in 20 s: the connection is closed and the message kept; the next connection gets it again", async () => {
    await desk.comes();
    const { message } = await desk.send("hello");
    await desk.until(2);
    desk.timers.turn(PUBACK_MS - 1);
    assert.equal(desk.lines.length, 2);
    desk.timers.turn(SWEEP_MS);
    assert.deepEqual(desk.lines.slice(2), ["close no PUBACK in time"]);
    await desk.comes();
    await desk.until(5);
    assert.equal(desk.lines[4], "push 1 hello");
    assert.deepEqual((await desk.states(message.id)).slice(-1), ["sent"]);
});

test("a message past its time is not sent: it is checked just before writing", async () => {
    await desk.comes();
    await desk.send("first", { ttlS: 100 });
    const { message } = await desk.send("second", { ttlS: 10 });
    await desk.send("third", { ttlS: 100 });
    await desk.until(2);
    desk.timers.turn(10_000);
    desk.acknowledges(1);
    await desk.until(3);
    assert.equal(desk.lines[2], "push 3 third");
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "expired"]);
});

test("ttl 0: delivered when the device is there and its window free", async () => {
    await desk.comes();
    const { message } = await desk.send("now", { ttlS: 0 });
    await desk.until(2);
    assert.equal(desk.lines[1], "push 1 now");
    desk.acknowledges(1);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered"]);
});

test("ttl 0: never, when the window is full, and never later", async () => {
    await desk.comes();
    await desk.send("first");
    await desk.until(2);
    const { message } = await desk.send("now", { ttlS: 0 });
    await desk.send("last");
    desk.acknowledges(1);
    await desk.until(3);
    assert.equal(desk.lines[2], "push 3 last");
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "expired"]);
});

test("ttl 0: never, when the device is away, and not when it comes back a moment later", async () => {
    const { message } = await desk.send("now", { ttlS: 0 });
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "expired"]);
    desk.timers.turn(NOW_MS);
    await desk.comes();
    await desk.settled();
    assert.equal(desk.lines.length, 1);
});

test("appends that are announced in another order than stored are sent in the order of sequences", async () => {
    await desk.comes({ w: 8 });
    const registration = await desk.directory.registered("+34600111222" as never);
    const stored = await Promise.all(
        ["a", "b", "c"].map(async (body) => {
            const moments = { acceptedMs: startMs, expiresMs: startMs + 60_000 };
            const message = messageOf(1, { route: registration.route, to: registration.number, body, ...moments });
            const placed = await append(desk.store, message);
            return { ...placed, message: { ...message, ...placed } };
        }),
    );
    for (const appended of stored.reverse()) desk.delivery.appended(appended);
    await desk.until(4);
    assert.deepEqual(desk.lines.slice(1), ["push 1 a", "push 2 b", "push 3 c"]);
});

test("a message that a newer one replaced is not sent; one that was sent already stays sent", async () => {
    await desk.comes();
    await desk.send("first");
    const old = await desk.send("18 °C", { collapseKey: "t" });
    await desk.send("19 °C", { collapseKey: "t" });
    await desk.until(2);
    desk.acknowledges(1);
    await desk.until(3);
    assert.equal(desk.lines[2], "push 3 19 °C");
    await desk.settled();
    assert.deepEqual(await desk.states(old.message.id), ["accepted", "collapsed"]);
});

test("a message that no longer fits what the device takes fails and holds nothing up", async () => {
    await desk.comes();
    desk.delivery.closed(desk.route);
    const large = await desk.send("x".repeat(900));
    await desk.send("small");
    desk.lines.length = 0;
    await desk.comes({ m: 512 });
    await desk.until(2);
    assert.equal(desk.lines[1], "push 2 small");
    await desk.settled();
    assert.deepEqual(await desk.states(large.message.id), ["accepted", "failed"]);
});

test("a repeated message is nothing new", async () => {
    await desk.comes({ w: 4 });
    await desk.send("once", { once: "k" });
    const again = await desk.send("once", { once: "k" });
    assert.equal(again.repeated, true);
    await desk.settled();
    assert.deepEqual(desk.lines.slice(1), ["push 1 once"]);
});

test("PUBACKs of what was never sent, or twice, change nothing", async () => {
    await desk.comes();
    const { message } = await desk.send("hello");
    await desk.until(2);
    desk.acknowledges(2, 0, -1, 99);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent"]);
    desk.acknowledges(1, 1);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered"]);
});

test("nothing of a route is kept when it is gone, and no timer but the sweep", async () => {
    const before = desk.timers.waiting;
    for (let count = 0; count < 100; count++) {
        await desk.comes();
        desk.delivery.closed(desk.route);
    }
    assert.equal(desk.timers.waiting, before);
});
