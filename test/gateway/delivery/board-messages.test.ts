import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { OutgoingTopic } from "../../../shared/push/topics.ts";
import { fieldsOf } from "../../support/records.ts";
import { BOOT, NUMBER, openDesk, OTHER, type Desk } from "./desk.ts";

let desk: Desk;
before(async () => {
    desk = await openDesk();
});
after(() => desk.close());
beforeEach(() => desk.renew());

test("read, reported after the PUBACK or by the handler before it, is the last line of the history", async () => {
    await desk.comes({ w: 2 });
    const first = await desk.send("a");
    const second = await desk.send("b");
    await desk.until(3);
    desk.acknowledges(1);
    await desk.publishes("read", { n: 1 });
    const early = desk.publishes("read", { n: 2 });
    await desk.settled();
    desk.acknowledges(2);
    await early;
    assert.deepEqual(await desk.states(first.message.id), ["accepted", "sent", "delivered", "read"]);
    assert.deepEqual(await desk.states(second.message.id), ["accepted", "sent", "delivered", "read"]);
});

test("read, sent again on the next connection while its registration is being stored, comes after the delivery that this reports", async () => {
    await desk.comes();
    const { message } = await desk.send("its PUBACK is lost");
    const { epoch } = (await desk.store.registrations.byRoute(desk.route))!;
    desk.delivery.closed(desk.route);
    desk.delivery.connected(desk.route, { address: "127.0.0.1", port: 40_001 });
    desk.delivery.subscribed(desk.route);
    const registering = desk.delivery.registered(desk.route, { ...BOOT, e: epoch, n: message.sequence });
    await Promise.all([registering, desk.publishes("read", { n: message.sequence })]);
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered", "read"]);
});

test("read of what is not there is acknowledged and forgotten", async () => {
    await desk.comes();
    await desk.publishes("read", { n: 77 });
});

for (const [why, state] of [
    ["handler", "failed"],
    ["oversize", "failed"],
    ["garbled", "failed"],
    ["expired", "expired"],
] as const) {
    test(`nack because of "${why}" ends the message as ${state}; its PUBACK changes nothing and makes room`, async () => {
        await desk.comes();
        const { message } = await desk.send("a");
        await desk.send("b");
        await desk.until(2);
        const nacked = desk.publishes("nack", { n: 1, y: why });
        desk.acknowledges(1); // right behind it, before the store has answered
        await nacked;
        await desk.until(3);
        await desk.settled();
        assert.deepEqual(await desk.states(message.id), ["accepted", "sent", state]);
        assert.equal(desk.lines[2], "push 2 b");
        const receipt = await desk.store.receipts.find(message.id);
        assert.equal(receipt?.history.at(-1)?.why, why);
    });
}

test("nack of a message that waits behind others: it is not sent any more", async () => {
    await desk.comes();
    await desk.send("a");
    await desk.send("b");
    await desk.send("c");
    await desk.until(2);
    await desk.publishes("nack", { n: 2, y: "handler" });
    desk.acknowledges(1);
    await desk.until(3);
    assert.equal(desk.lines[2], "push 3 c");
});

test("msg: a device pushes to another number; the gateway sets its number", async () => {
    const other = await desk.directory.register(OTHER);
    await desk.comes();
    await desk.publishes("msg", { to: OTHER, b: "hi", t: "T", u: "high", k: "key", l: 60, from: "+1555", f: "+1555" });
    const [message] = await desk.store.backlog.list(other.route, 0, 10);
    const { expiresMs, acceptedMs } = message!;
    assert.deepEqual(fieldsOf(message!), { f: NUMBER, b: "hi", t: "T", u: "high", k: "key" });
    assert.equal(expiresMs - acceptedMs, 60_000);
});

// How the core's own key, and one that an application gives, tell one message from another.
const KEYS: [what: string, first: object, second: object, messages: number][] = [
    ["without a key", {}, {}, 2],
    ["with the same g and i", { g: 99, i: 1 }, { g: 99, i: 1 }, 1],
    ["after another boot", { g: 99, i: 1 }, { g: 100, i: 1 }, 2],
    ["with the same id", { id: "bell" }, { id: "bell" }, 1],
    ["with another id", { id: "bell" }, { id: "bell-2" }, 2],
    ["with an id, whatever g and i are", { id: "bell", g: 1, i: 1 }, { id: "bell", g: 2, i: 1 }, 1],
    ["with an id that another board uses", { id: "bell" }, { id: "bell", of: "another" }, 2],
];
for (const [what, first, second, messages] of KEYS) {
    test(`msg ${what}, sent twice, is ${messages === 1 ? "one message" : "two messages"}`, async () => {
        const other = await desk.directory.register(OTHER);
        await desk.publishes("msg", { to: OTHER, b: "ring", ...first });
        if ("of" in second) await desk.renew();
        await desk.publishes("msg", { to: OTHER, b: "ring", ...second });
        assert.equal((await desk.store.backlog.size(other.route)).messages, messages);
    });
}

test("msg to itself arrives like any other", async () => {
    await desk.comes();
    await desk.publishes("msg", { i: 1, g: 1, to: NUMBER, b: "note" });
    await desk.until(2);
    assert.equal(desk.lines[1], "push 1 note");
});

const BAD: [what: string, name: OutgoingTopic, payload: object | Buffer][] = [
    ["no JSON", "msg", Buffer.from("{")],
    ["no JSON", "reg", Buffer.from("")],
    ["no object", "read", Buffer.from("[1]")],
    ["octets that are not UTF-8", "msg", Buffer.from(`{"to":"${NUMBER}","b":"caf\xe9"}`, "latin1")],
    ["octets that are not UTF-8", "read", Buffer.from('{"n":1,"x":"\xff"}', "latin1")],
    ["no sequence", "read", {}],
    ["a sequence of 0", "nack", { n: 0, y: "handler" }],
    ["a fraction", "read", { n: 1.5 }],
    ["no number", "msg", { b: "x" }],
    ["a national number", "msg", { to: "600111333", b: "x" }],
    ["an unknown number", "msg", { to: "+34600999999", b: "x" }],
    ["no body", "msg", { to: NUMBER }],
    ["a body that is no text", "msg", { to: NUMBER, b: { a: 1 } }],
    ["a body over the limit", "msg", { to: NUMBER, b: "x".repeat(5_000) }],
    ["an unknown urgency", "msg", { to: NUMBER, b: "x", u: "extreme" }],
    ["a time to live of a year", "msg", { to: NUMBER, b: "x", l: 31_536_000 }],
    ["half a key", "msg", { g: 1, to: NUMBER, b: "x" }],
    ["a key that is no text", "msg", { id: 7, to: NUMBER, b: "x" }],
];
for (const [what, name, payload] of BAD) {
    test(`${name} with ${what} is acknowledged and dropped, with a line in the log and no number in it`, async () => {
        await desk.comes();
        await desk.publishes(name, payload);
        assert.equal(desk.logged.length, 1);
        assert.ok(!desk.logged[0]!.includes("600"), desk.logged[0]);
        assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
    });
}

test("msg with a key that stands for another message is acknowledged and dropped", async () => {
    await desk.publishes("msg", { to: NUMBER, b: "one", id: "key" });
    await desk.publishes("msg", { to: NUMBER, b: "two", id: "key" });
    assert.match(desk.logged.join(), /"code":"conflict"/);
    assert.equal((await desk.store.backlog.size(desk.route)).messages, 1);
});
