import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { boardSender } from "../../../gateway/delivery/intake.ts";
import type { Draft } from "../../../gateway/message.ts";
import type { Caller } from "../../../gateway/token.ts";
import { NUMBER, openDesk, OTHER, SENDER, type Desk } from "./desk.ts";

let desk: Desk;
before(async () => {
    desk = await openDesk();
    await desk.directory.register(OTHER);
});
after(() => desk.close());
beforeEach(() => desk.renew());

const ONE: Caller = { id: "t2", role: "sender", pattern: NUMBER };
const HELLO: Draft = { to: NUMBER, body: "hello" };

const REFUSED: [what: string, sender: Caller, draft: Draft, code: string][] = [
    ["a number out of the token's reach", ONE, { ...HELLO, to: OTHER }, "forbidden"],
    ["a reader's token", { ...ONE, role: "reader" }, HELLO, "forbidden"],
    ["an unknown number", SENDER, { ...HELLO, to: "+34600999999" as Draft["to"] }, "unknown_number"],
    ["an unknown number out of its reach", ONE, { ...HELLO, to: "+34600999999" as Draft["to"] }, "forbidden"],
    ["an empty body", SENDER, { ...HELLO, body: "" }, "invalid_request"],
    ["a body over the limit", SENDER, { ...HELLO, body: "x".repeat(2_000) }, "too_large"],
];
for (const [what, sender, draft, code] of REFUSED) {
    test(`intake: ${what} is refused as ${code}, and nothing is stored`, async () => {
        await assert.rejects(desk.intake.accept(sender, draft), { code });
        assert.equal((await desk.store.backlog.size(desk.route)).messages, 0);
    });
}

test("intake: a message is stored, and then delivery is notified", async () => {
    await desk.comes();
    const { message } = await desk.intake.accept(ONE, HELLO);
    await desk.until(2);
    assert.equal(desk.lines[1], `push ${message.sequence} hello`);
    await desk.settled();
    assert.deepEqual(await desk.states(message.id), ["accepted", "sent"]);
});

test("intake: with the same key a message is accepted and sent once; the key belongs to its sender", async () => {
    await desk.comes({ w: 4 });
    const keyed = { ...HELLO, once: "key" };
    const first = await desk.intake.accept(SENDER, keyed);
    const again = await desk.intake.accept(SENDER, keyed);
    assert.deepEqual([again.repeated, again.message.id], [true, first.message.id]);
    await assert.rejects(desk.intake.accept(SENDER, { ...keyed, body: "other" }), { code: "conflict" });
    await assert.rejects(desk.intake.accept(SENDER, { ...keyed, to: OTHER }), { code: "conflict" });
    assert.equal((await desk.intake.accept(ONE, { ...keyed, body: "other" })).repeated, false);
    assert.equal((await desk.intake.accept(boardSender(desk.route), { ...keyed, body: "a board's" })).repeated, false);
    await desk.until(4);
    assert.deepEqual(desk.lines.slice(1), ["push 1 hello", "push 2 other", "push 3 a board's"]);
});

test("intake: a sender that keeps a full backlog overflowing has to wait, another sender has not", async () => {
    const flood = (count: number) => Promise.all(Array.from({ length: count }, () => desk.intake.accept(ONE, HELLO)));
    await flood(1_000);
    await flood(1_000); // pushes out the first thousand
    await assert.rejects(flood(1), { code: "too_many", retryAfterS: 1 });
    await desk.intake.accept(SENDER, HELLO);
    desk.timers.turn(500);
    await flood(1);
});

for (const [what, draft, free] of [
    ["of one collapse key", { collapseKey: "k" }, 1_001], // the first one replaces nothing
    ["that are now or never", { ttlS: 0 }, 1_000],
] as const) {
    test(`intake: messages ${what} to a number that is offline are held as those that overflow; while it is connected they are not`, async () => {
        const sender: Caller = { ...ONE, id: what };
        const send = (count: number) =>
            Promise.all(Array.from({ length: count }, () => desk.intake.accept(sender, { ...HELLO, ...draft })));
        await send(1);
        await send(free - 1);
        await assert.rejects(send(1), { code: "too_many", retryAfterS: 1 });
        await desk.comes();
        desk.timers.turn(500);
        for (let count = 0; count < 5; count++) await send(1);
    });
}
