import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { GatewayError } from "../../../gateway/error.ts";
import type { Caller } from "../../../gateway/token.ts";
import { BOOT, NUMBER, openDesk, OTHER, type Desk } from "./desk.ts";

let desk: Desk;
before(async () => {
    desk = await openDesk();
});
after(() => desk.close());
beforeEach(() => desk.renew());

const json = (fields: object) => Buffer.from(JSON.stringify(fields));

test("read, said after the PUBACK or by the handler before it, is the last line of the history", async () => {
    await desk.comes({ w: 2 });
    const first = await desk.send("a");
    const second = await desk.send("b");
    await desk.until(3);
    desk.acknowledges(1);
    await desk.delivery.said(desk.route, "read", json({ n: 1 }));
    const early = desk.delivery.said(desk.route, "read", json({ n: 2 }));
    await desk.settled();
    desk.acknowledges(2);
    await early;
    assert.deepEqual(await desk.states(first.message.id), ["accepted", "sent", "delivered", "read"]);
    assert.deepEqual(await desk.states(second.message.id), ["accepted", "sent", "delivered", "read"]);
});

test("read, said again on the next connection while its registration is being stored, comes after the delivery that this tells of", async () => {
    await desk.comes();
    const { message } = await desk.send("its PUBACK is lost");
    const { epoch } = (await desk.store.registrations.byRoute(desk.route))!;
    desk.delivery.closed(desk.route);
    desk.delivery.connected(desk.route, { address: "127.0.0.1", port: 40_001 });
    desk.delivery.subscribed(desk.route);
    const registering = desk.delivery.registered(desk.route, { ...BOOT, e: epoch, n: message.sequence });
    await Promise.all([registering, desk.delivery.said(desk.route, "read", json({ n: message.sequence }))]);
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered", "read"]);
});

test("read of what is not there is acknowledged and forgotten", async () => {
    await desk.comes();
    await desk.delivery.said(desk.route, "read", json({ n: 77 }));
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
        const nacked = desk.delivery.said(desk.route, "nack", json({ n: 1, y: why }));
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
    await desk.delivery.said(desk.route, "nack", json({ n: 2, y: "handler" }));
    desk.acknowledges(1);
    await desk.until(3);
    assert.equal(desk.lines[2], "push 3 c");
});

test("msg: a device pushes to another number; the gateway says who it is; said again it is accepted once", async () => {
    const other = await desk.directory.register(OTHER);
    await desk.comes();
    const said = { i: 1, g: 99, to: OTHER, b: "hi", t: "T", u: "high", k: "key", l: 60, from: "+1555", f: "+1555" };
    await desk.delivery.said(desk.route, "msg", json(said));
    await desk.delivery.said(desk.route, "msg", json(said));
    const backlog = await desk.store.backlog.list(other.route, 0, 10);
    assert.equal(backlog.length, 1);
    const { from, to, body, title, urgency, collapseKey, expiresMs, acceptedMs } = backlog[0]!;
    assert.deepEqual(
        { from, to, body, title, urgency, collapseKey },
        { from: NUMBER, to: OTHER, body: "hi", title: "T", urgency: "high", collapseKey: "key" },
    );
    assert.equal(expiresMs - acceptedMs, 60_000);
    await desk.delivery.said(desk.route, "msg", json({ ...said, g: 100, k: undefined })); // after another boot
    assert.equal((await desk.store.backlog.size(other.route)).messages, 2);
});

test("msg to itself arrives like any other", async () => {
    await desk.comes();
    await desk.delivery.said(desk.route, "msg", json({ i: 1, g: 1, to: NUMBER, b: "note" }));
    await desk.until(2);
    assert.equal(desk.lines[1], "push 1 note");
});

const BAD: [what: string, saying: "read" | "nack" | "msg", payload: Buffer][] = [
    ["no JSON", "msg", Buffer.from("{")],
    ["no object", "read", Buffer.from("[1]")],
    ["no sequence", "read", json({})],
    ["a sequence of 0", "nack", json({ n: 0, y: "handler" })],
    ["a fraction", "read", json({ n: 1.5 })],
    ["no number", "msg", json({ i: 1, g: 1, b: "x" })],
    ["a national number", "msg", json({ i: 1, g: 1, to: "600111333", b: "x" })],
    ["an unknown number", "msg", json({ i: 1, g: 1, to: "+34600999999", b: "x" })],
    ["no body", "msg", json({ i: 1, g: 1, to: NUMBER })],
    ["a body that is no text", "msg", json({ i: 1, g: 1, to: NUMBER, b: { a: 1 } })],
    ["a body over the limit", "msg", json({ i: 1, g: 1, to: NUMBER, b: "x".repeat(5_000) })],
    ["an unknown urgency", "msg", json({ i: 1, g: 1, to: NUMBER, b: "x", u: "extreme" })],
    ["a time to live of a year", "msg", json({ i: 1, g: 1, to: NUMBER, b: "x", l: 31_536_000 })],
    ["no id", "msg", json({ g: 1, to: NUMBER, b: "x" })],
];
for (const [what, saying, payload] of BAD) {
    test(`${saying} with ${what} is acknowledged and dropped, with a line in the log and no number in it`, async () => {
        await desk.comes();
        await desk.delivery.said(desk.route, saying, payload);
        assert.equal(desk.logged.length, 1);
        assert.ok(!desk.logged[0]!.includes("600"), desk.logged[0]);
        assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
    });
}

const SENDER: Caller = { id: "t1", role: "sender", pattern: "+34600*" };

test("a publisher's plain text is the body; a JSON object with a body has the other fields too", async () => {
    await desk.delivery.published(SENDER, "34600111222", Buffer.from("Café €5 😀"));
    const fields = { body: "b", title: "t", urgency: "low", ttlS: 60, collapseKey: "k" };
    await desk.delivery.published(SENDER, "34600111222", json(fields));
    await desk.delivery.published(SENDER, "34600111222", Buffer.from('{"celsius":21}'));
    const backlog = await desk.store.backlog.list(desk.route, 0, 10);
    assert.deepEqual(
        backlog.map(({ body, title, urgency, collapseKey }) => [body, title, urgency, collapseKey]),
        [
            ["Café €5 😀", undefined, "normal", undefined],
            ["b", "t", "low", "k"],
            ['{"celsius":21}', undefined, "normal", undefined],
        ],
    );
    assert.equal(backlog[0]!.from, undefined);
});

const REFUSED: [what: string, caller: Caller, to: string, payload: Buffer, code: string][] = [
    ["no digits", SENDER, "me", Buffer.from("x"), "invalid_number"],
    ["a plus", SENDER, "+34600111222", Buffer.from("x"), "invalid_number"],
    ["a level more", SENDER, "34600111222/x", Buffer.from("x"), "invalid_number"],
    ["a number out of the token's reach", SENDER, "15550100", Buffer.from("x"), "forbidden"],
    ["a reader's token", { ...SENDER, role: "reader" }, "34600111222", Buffer.from("x"), "forbidden"],
    ["an unknown number", SENDER, "34600999999", Buffer.from("x"), "unknown_number"],
    ["an empty body", SENDER, "34600111222", Buffer.alloc(0), "invalid_request"],
    ["an unknown field", SENDER, "34600111222", json({ body: "x", ttl: 1 }), "invalid_request"],
    ["a body over the limit", SENDER, "34600111222", Buffer.alloc(2_000, "x"), "too_large"],
];
for (const [what, caller, to, payload, code] of REFUSED) {
    test(`a publisher with ${what} is refused: ${code}`, async () => {
        await assert.rejects(desk.delivery.published(caller, to, payload), (error) => {
            return error instanceof GatewayError && error.code === code;
        });
        assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
    });
}
