import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../gateway/error.ts";
import { OVERFLOW_BURST, OVERFLOW_PER_S, Throttle } from "../../../gateway/limits/throttle.ts";
import { HandTimers } from "../../support/hand-timers.ts";

const TOKEN_MS = 1_000 / OVERFLOW_PER_S;

function openScene() {
    const timers = new HandTimers();
    const throttle = new Throttle(timers);
    /** Sends a message that pushes so many out of the backlog. */
    const send = (pushedOut = 0, sender = "a", number = "+1") =>
        throttle.run(sender, number, async () => ({ result: undefined, inVain: pushedOut }));
    const held = (sending: Promise<unknown>, retryAfterS = 1) =>
        assert.rejects(sending, { code: "too_many", retryAfterS });
    return { timers, throttle, send, held };
}

test("throttle: a sender that pushes nothing out never waits, however many are under way", async () => {
    const { throttle, send } = openScene();
    await Promise.all(Array.from({ length: 2 * OVERFLOW_BURST }, () => send()));
    assert.equal(throttle.size(), 0);
});

test("throttle: one whole backlog may be pushed out, then the sender waits for each token", async () => {
    const { timers, send, held } = openScene();
    for (let count = 0; count < OVERFLOW_BURST; count++) await send(1);
    await held(send());
    timers.turn(TOKEN_MS);
    await send(1);
    await held(send());
});

test("throttle: a message that was itself refused by the full backlog costs a token, another failure none", async () => {
    const { timers, throttle, send, held } = openScene();
    await send(OVERFLOW_BURST);
    timers.turn(TOKEN_MS);
    const fail = (error: Error) =>
        assert.rejects(
            throttle.run("a", "+1", () => Promise.reject(error)),
            error,
        );
    await fail(new Error("the store is away"));
    await fail(new GatewayError("too_many", "full of more urgent ones"));
    await held(send());
});

test("throttle: of a hundred at once only one passes on one token", async () => {
    const { timers, send } = openScene();
    await send(OVERFLOW_BURST);
    timers.turn(TOKEN_MS);
    const sent = await Promise.allSettled(Array.from({ length: 100 }, () => send(1)));
    assert.deepEqual(
        sent.map(({ status }) => status === "fulfilled"),
        sent.map((_, at) => at === 0),
    );
});

test("throttle: whose messages fit again gets the token back", async () => {
    const { timers, send } = openScene();
    await send(OVERFLOW_BURST);
    timers.turn(TOKEN_MS);
    for (let count = 0; count < 100; count++) await send();
});

test("throttle: other senders and other numbers are not held, and a message that pushed out many costs no debt", async () => {
    const { timers, send, held } = openScene();
    await send(100 * OVERFLOW_BURST);
    await held(send());
    await send(0, "b");
    await send(0, "a", "+2");
    timers.turn(TOKEN_MS);
    await send();
});

test("throttle: what has filled up again is forgotten", async () => {
    const { timers, throttle, send } = openScene();
    await send(10);
    await send(OVERFLOW_BURST, "a", "+2");
    timers.turn(10 * TOKEN_MS);
    throttle.sweep();
    assert.equal(throttle.size(), 1);
});
