import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Ask, ErrorBody } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

interface Result {
    to: string;
    id?: string;
    state?: string;
    sequence?: number;
    error?: { code: string; message: string };
}
interface Details {
    backlog: { messages: number };
}

const ONE = "+34600000001";
const TWO = "+34600000002";
const OTHER = "+4915112345678";
const UNKNOWN = "+34600999999";

let it: RunningGateway;
before(async () => {
    it = await runGateway();
    for (const number of [ONE, TWO, OTHER]) await it.register(number);
});
after(() => it.stop());

const ask = (to: unknown, fields: object = {}, given: Ask = {}) =>
    it.ask<{ results: Result[] } & ErrorBody>("POST", "/v1/messages", {
        body: { to, body: "all", ...fields },
        ...given,
    });
const push = async (...args: Parameters<typeof ask>) => {
    const { status, body } = await ask(...args);
    assert.equal(status, 202);
    return body.results;
};
const waiting = async (number: string) => (await it.ask<Details>("GET", `/v1/numbers/${number}`)).body.backlog.messages;
/** Its state, or its error's code. */
const outcomeOf = ({ state, error }: Result) => state ?? error?.code;

test("many numbers: one result for each, in the order asked, accepted or not", async () => {
    const results = await push([TWO, UNKNOWN, "600 000 001", "nonsense", OTHER], { country: "ES" });
    assert.deepEqual(
        results.map((result) => [result.to, outcomeOf(result)]),
        [
            [TWO, "accepted"],
            [UNKNOWN, "unknown_number"],
            [ONE, "accepted"],
            ["nonsense", "invalid_number"],
            [OTHER, "accepted"],
        ],
    );
    assert.deepEqual(Object.keys(results[0]!).sort(), ["id", "sequence", "state", "to"]);
    assert.deepEqual(Object.keys(results[1]!).sort(), ["error", "to"]);
    assert.match(results[1]!.error?.message ?? "", /not registered here/);
    const receipt = await it.ask<Result>("GET", `/v1/messages/${results[2]!.id}`);
    assert.deepEqual([receipt.body.to, receipt.body.sequence], [ONE, results[2]!.sequence]);
});

test("many numbers: a number that stands there twice gets two messages, with a key one", async () => {
    const [first, second] = await push([ONE, ONE]);
    assert.equal(second!.sequence, first!.sequence! + 1);
    const [keyed, again] = await push([ONE, ONE], { id: "twice" });
    assert.equal(again!.id, keyed!.id);
});

test("many numbers: sent again with its key, also as a longer list, each number's message is accepted once", async () => {
    const headers = { "Idempotency-Key": "x".repeat(184) };
    const before = await waiting(ONE);
    const first = await push([ONE, UNKNOWN], {}, { headers });
    const again = await push([TWO, ONE], {}, { headers });
    assert.equal(again[1]!.id, first[0]!.id);
    assert.deepEqual(again.map(outcomeOf), ["accepted", "accepted"]);
    assert.equal(await waiting(ONE), before + 1);
    const other = await push([ONE, OTHER], { body: "other" }, { headers });
    assert.deepEqual(other.map(outcomeOf), ["conflict", "accepted"]);
});

test("many numbers: a token sends to those of its pattern, and does not learn which of the others are registered", async () => {
    const token = await it.makeToken("sender", "+34*");
    const results = await push([ONE, OTHER, "+4915100000000"], {}, { token });
    assert.deepEqual(results.map(outcomeOf), ["accepted", "forbidden", "forbidden"]);
    assert.deepEqual(results[1]!.error, results[2]!.error);
});

test("many numbers: when none is accepted, all for one reason, the answer is that error", async () => {
    const token = await it.makeToken("reader", "*");
    for (const [to, fields, given, status, code] of [
        [[UNKNOWN], {}, {}, 404, "unknown_number"],
        [[ONE, TWO], { body: "" }, {}, 400, "invalid_request"],
        [[ONE, TWO], { body: "x".repeat(2_000) }, {}, 413, "too_large"],
        [[ONE, TWO], {}, { token }, 403, "forbidden"],
    ] as const) {
        const answer = await ask(to, fields, given);
        assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
    }
    assert.deepEqual((await push([UNKNOWN, "nonsense"])).map(outcomeOf), ["unknown_number", "invalid_number"]);
});

test("many numbers: a thousand, with the longest body, and each is counted for the backlog of its number", async () => {
    const to = Array.from({ length: 1_000 }, (_, index) => (index < 998 ? ONE : TWO));
    const before = await waiting(TWO);
    const results = await push(to, { body: "é".repeat(450), urgency: "low" });
    assert.deepEqual([results.length, new Set(results.map(outcomeOf)).size], [1_000, 1]);
    assert.equal(await waiting(TWO), before + 2);
    assert.ok((await waiting(ONE)) < 998, "256 KiB of them");
});
