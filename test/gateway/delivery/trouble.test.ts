import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../gateway/error.ts";
import type { CallName } from "../../../gateway/store/protocol.ts";
import { slowStore } from "../../support/slow-store.ts";
import { NUMBER, openDesk, type Desk } from "./desk.ts";

/** What of the store fails at the moment. */
let failing: CallName[] = [];
/** What of the store was called, in order. */
let called: CallName[] = [];
/** How long the store takes. */
let delayMs: () => number = () => 0;

async function behind(work: (desk: Desk) => Promise<void>): Promise<void> {
    failing = [];
    called = [];
    delayMs = () => 0;
    const broken = (name: CallName) => {
        called.push(name);
        if (failing.includes(name)) throw new GatewayError("unavailable", "The store cannot write.");
    };
    const desk = await openDesk((store) => slowStore(store, () => delayMs(), broken));
    try {
        await work(desk);
    } finally {
        failing = [];
        await desk.close();
    }
}

/** Lets the slow store's timers and the real one behind do their work. */
async function settled(desk: Desk): Promise<void> {
    for (let round = 0; round < 4; round++) {
        await new Promise((resolve) => setTimeout(resolve, 3));
        await desk.settled();
    }
}

test("a backlog that cannot be read is read again, a second later", () =>
    behind(async (desk) => {
        await desk.send("hello");
        failing = ["backlog.list"];
        await desk.comes();
        await settled(desk);
        assert.equal(desk.lines.length, 1);
        desk.timers.turn(500);
        const reads = () => called.filter((name) => name === "backlog.list").length;
        assert.equal(reads(), 1, "not at once: that would be a busy loop");
        desk.timers.turn(600);
        await settled(desk);
        assert.equal(reads(), 2);
        failing = [];
        desk.timers.turn(2_000);
        await desk.until(2);
        assert.equal(desk.lines[1], "push 1 hello");
    }));

test("a settle write that fails is tried again; meanwhile pushes go on", () =>
    behind(async (desk) => {
        await desk.comes();
        const { message } = await desk.send("a");
        await desk.send("b");
        await desk.until(2);
        failing = ["backlog.settle"];
        desk.acknowledges(1);
        await desk.until(3);
        await settled(desk);
        failing = [];
        desk.timers.turn(1_100);
        await settled(desk);
        assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered"]);
        assert.equal(desk.lines.length, 3, "and it was not sent again");
    }));

test("a settle write that is lost with its connection leads to a repeat, never to a loss", () =>
    behind(async (desk) => {
        await desk.comes();
        await desk.send("a");
        await desk.until(2);
        failing = ["backlog.settle"];
        desk.acknowledges(1);
        await settled(desk);
        desk.delivery.closed(desk.route);
        failing = [];
        await desk.comes();
        await desk.until(4);
        assert.equal(desk.lines[3], "push 1 a");
    }));

test("with a store that writes nothing down, no more than 64 settled pushes are risked", () =>
    behind(async (desk) => {
        for (let count = 0; count < 120; count++) await desk.send("x");
        await desk.comes({ w: 16 });
        failing = ["backlog.settle"];
        let acknowledged = 0;
        for (let round = 0; round < 40; round++) {
            await settled(desk);
            while (acknowledged < desk.lines.length - 1) desk.acknowledges(++acknowledged);
        }
        assert.ok(acknowledged >= 64 && acknowledged <= 64 + 16, `${acknowledged}`);
        failing = [];
        for (let round = 0; round < 60 && acknowledged < 120; round++) {
            desk.timers.turn(1_000);
            await settled(desk);
            while (acknowledged < desk.lines.length - 1) desk.acknowledges(++acknowledged);
        }
        assert.equal(acknowledged, 120);
        await settled(desk);
        assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
    }));

test("an acknowledged push whose settle write is still under way is not sent again on the next connection", () =>
    behind(async (desk) => {
        await desk.comes({ w: 4 });
        for (const body of ["a", "b", "c"]) await desk.send(body);
        await desk.until(4);
        delayMs = () => 40;
        desk.acknowledges(1, 2);
        desk.delivery.closed(desk.route);
        desk.lines.length = 0;
        await desk.comes({ w: 4 });
        await desk.until(2);
        await settled(desk);
        assert.deepEqual(desk.lines.slice(1), ["push 3 c"]);
    }));

test("a registration that cannot be stored rejects, so that there is no PUBACK; and no push is sent", () =>
    behind(async (desk) => {
        await desk.send("hello");
        failing = ["contacts.record"];
        await assert.rejects(desk.comes(), { code: "unavailable" });
        desk.timers.turn(1_000);
        await settled(desk);
        assert.deepEqual(desk.lines, []);
    }));

test("a registration that takes the store a second is answered before the first push", () =>
    behind(async (desk) => {
        await desk.send("hello");
        delayMs = () => 60;
        const coming = desk.comes();
        desk.timers.turn(1_000); // long past the 250 ms of clients that do not register
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.deepEqual(desk.lines, []);
        await coming;
        await desk.until(2);
        assert.match(desk.lines[0]!, /^notify/);
    }));

test("what the store could not take is not acknowledged: nack, read and msg reject", () =>
    behind(async (desk) => {
        await desk.comes();
        failing = ["backlog.settle", "receipts.markRead", "backlog.append"];
        const refused = { code: "unavailable" };
        await assert.rejects(desk.publishes("nack", { n: 5, y: "handler" }), refused);
        await assert.rejects(desk.publishes("read", { n: 5 }), refused);
        await assert.rejects(desk.publishes("msg", { to: NUMBER, b: "x" }), refused);
    }));

test("one push costs the store one settle and a ninth of a read", () =>
    behind(async (desk) => {
        for (let count = 0; count < 90; count++) await desk.send("x");
        called = [];
        await desk.comes();
        for (let sequence = 1; sequence <= 90; sequence++) {
            await desk.until(1 + sequence);
            desk.acknowledges(sequence);
        }
        await settled(desk);
        const count = (name: CallName) => called.filter((call) => call === name).length;
        assert.deepEqual([count("backlog.settle"), count("backlog.markSent")], [90, 0]);
        assert.ok(count("backlog.list") <= 11, `${count("backlog.list")} reads`);
        called = [];
        for (let sequence = 91; sequence <= 100; sequence++) {
            await desk.send("live");
            await desk.until(1 + sequence);
            desk.acknowledges(sequence);
        }
        assert.equal(count("backlog.list"), 0, "a message that comes alone is not read at all");
    }));

test("closing waits for the writes under way", () =>
    behind(async (desk) => {
        await desk.comes();
        const { message } = await desk.send("a");
        await desk.until(2);
        delayMs = () => 30;
        desk.acknowledges(1);
        await desk.delivery.close();
        assert.deepEqual(await desk.states(message.id), ["accepted", "sent", "delivered"]);
    }));
