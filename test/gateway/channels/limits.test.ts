import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Flags } from "../../../gateway/config.ts";
import type { ErrorBody } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

const NUMBER = "+34611222333";

/** A gateway whose clock the test holds. */
async function gatewayOf(t: TestContext, flags: Flags) {
    const clock = { aheadMs: 0, nowMs: () => Date.UTC(2026, 0, 1) + clock.aheadMs };
    const it = await runGateway(flags, { clock });
    t.after(() => it.stop());
    return { it, clock };
}

const ask = (it: RunningGateway, number = NUMBER, channel?: string) =>
    it.ask<ErrorBody & { code?: string }>("POST", "/v1/codes", { body: { number, channel } });

test("codes: one that its channel could not send counts, for it may have been sent: one a minute, three an hour", async (t) => {
    const { it, clock } = await gatewayOf(t, { codesCommand: "false" });
    const answers: [number, string][] = [];
    for (const atS of [0, 59, 60, 120, 180, 3_599, 3_600]) {
        clock.aheadMs = atS * 1_000;
        const { status, body } = await ask(it);
        answers.push([status, body.error.message]);
    }
    assert.deepEqual(
        answers.map(([status]) => status),
        [503, 429, 503, 503, 429, 429, 503],
    );
    assert.match(answers[0]![1], /one a minute and three an hour/);
    assert.match(answers[1]![1], /the next is possible in 1 seconds/);
    assert.match(answers[4]![1], /the next is possible in 3420 seconds/);
    // Nor is there another way to it: "print" is the same number's.
    assert.equal((await ask(it, NUMBER, "print")).status, 429);
});

test("codes: while one number's program hangs, that number gets no second one and others get theirs", async (t) => {
    const { it } = await gatewayOf(t, { codesCommand: `sh -c "case {number} in *333) sleep 2; esac"` });
    let done = false;
    const hanging = ask(it).finally(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await ask(it)).status, 429);
    assert.equal((await ask(it, "+34611222444")).status, 201);
    assert.equal((await ask(it, "+34611222555", "print")).status, 201);
    assert.equal(done, false);
    assert.equal((await hanging).status, 201);
});

test("codes: eight may be on their way at once; one more gets 429 before it is made, and by another way there is room", async (t) => {
    const { it } = await gatewayOf(t, { codesCommand: `sh -c "case {number} in *000) ;; *) sleep 2; esac"` });
    const numberOf = (index: number) => `+34611222${index}`;
    const hanging = Array.from({ length: 8 }, (_, index) => ask(it, numberOf(101 + index)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const late = await ask(it, "+34611222000");
    assert.equal(late.status, 429);
    assert.match(late.body.error.message, /^8 codes are on their way already: wait for some answers, then send on\.$/);
    assert.equal(late.headers.get("retry-after"), "1");
    assert.equal((await ask(it, numberOf(200), "print")).status, 201);
    const done = await Promise.all(hanging);
    assert.deepEqual(
        done.map(({ status }) => status),
        Array(8).fill(201),
    );
    assert.equal((await ask(it, "+34611222000")).status, 201, "none was made that would count");
});

for (const words of [`sh -c "echo {number} {code} >&2; exit 1"`, "/dev/null/none {code}"]) {
    test(`codes: of a failure of ${words.slice(0, 9)} neither answer nor log holds number or code`, async (t) => {
        const { it } = await gatewayOf(t, { codesCommand: words });
        const { status, text } = await ask(it);
        assert.equal(status, 503);
        assert.doesNotMatch(text, /[0-9]{8}|611222333/);
        assert.doesNotMatch(it.lines.join(""), /"printed":"[^"]*[0-9]{4}|611222333/);
    });
}
