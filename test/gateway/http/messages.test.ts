import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OVERFLOW_BURST } from "../../../gateway/limits/throttle.ts";
import type { ErrorBody } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

interface Accepted {
    id: string;
    to: string;
    state: string;
    sequence: number;
}
interface Receipt extends Accepted {
    history: { state: string; at: string; why?: string }[];
}
interface Details {
    backlog: { messages: number; octets: number };
}

const NOW_MS = Date.parse("2026-12-01T12:00:00Z");
let it: RunningGateway;
before(async () => {
    it = await runGateway({}, { clock: { nowMs: () => NOW_MS } });
});
after(() => it.stop());

const send = (body: object, headers?: Record<string, string>) =>
    it.ask<Accepted>("POST", "/v1/messages", { body, headers });
const backlogOf = async (number: string) => (await it.ask<Details>("GET", `/v1/numbers/${number}`)).body.backlog;

test("messages: one is accepted with 202, its id, its number, its state and its sequence", async () => {
    await it.register("+34600000001");
    const first = await send({ to: "+34 600 000 001", body: "Café €5 😀" });
    assert.equal(first.status, 202);
    assert.deepEqual(Object.keys(first.body).sort(), ["id", "sequence", "state", "to"]);
    assert.deepEqual({ ...first.body, id: "" }, { id: "", to: "+34600000001", state: "accepted", sequence: 1 });
    const second = await send({ to: "600 000 001", country: "ES", body: "again" });
    assert.equal(second.body.sequence, 2);
    assert.notEqual(second.body.id, first.body.id);
});

test("messages: every field of a message is accepted", async () => {
    await it.register("+34600000002");
    const everything = { title: "T", urgency: "high", ttlS: 60, collapseKey: "k", country: "ES" };
    assert.equal((await send({ to: "+34600000002", body: "b", ...everything })).status, 202);
});

test("messages: the receipt has the history, each with its moment", async () => {
    await it.register("+34600000003");
    const { id } = (await send({ to: "+34600000003", body: "one", collapseKey: "k" })).body;
    await send({ to: "+34600000003", body: "two", collapseKey: "k" });
    const { status, body } = await it.ask<Receipt>("GET", `/v1/messages/${id}`);
    assert.equal(status, 200);
    assert.equal(body.state, "collapsed");
    assert.deepEqual(
        body.history.map(({ state }) => state),
        ["accepted", "collapsed"],
    );
    for (const { at } of body.history) assert.equal(Date.parse(at), NOW_MS);
});

test('messages: with an Idempotency-Key, or the same key as "id", a repeated one is accepted once', async () => {
    await it.register("+34600000004");
    const key = { "Idempotency-Key": "order-1" };
    const body = { to: "+34600000004", body: "once" };
    const first = await send(body, key);
    for (const again of [await send(body, key), await send({ ...body, id: "order-1" })]) {
        assert.equal(again.status, 202);
        assert.equal(again.body.id, first.body.id);
    }
    assert.equal((await backlogOf("+34600000004")).messages, 1);
});

test("messages: twenty at once with one Idempotency-Key are one", async () => {
    await it.register("+34600000005");
    const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
            send({ to: "+34600000005", body: "once" }, { "Idempotency-Key": "x".repeat(200) }),
        ),
    );
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal((await backlogOf("+34600000005")).messages, 1);
});

test("messages: an Idempotency-Key belongs to its token and its content", async () => {
    await it.register("+34600000006");
    await it.register("+34600000016");
    const headers = { "Idempotency-Key": "order-2" };
    const body = { to: "+34600000006", body: "one" };
    const first = await send(body, headers);
    const token = await it.makeToken("sender", "*");
    const other = await it.ask<Accepted>("POST", "/v1/messages", { token, headers, body });
    assert.notEqual(other.body.id, first.body.id);
    const refused = await it.ask<ErrorBody>("POST", "/v1/messages", { headers, body: { ...body, to: "+34600000016" } });
    assert.deepEqual([refused.status, refused.body.error.code], [409, "conflict"]);
    assert.equal((await send({ ...body, body: "two", id: "order-2" })).status, 409);
    assert.match(refused.body.error.message, /used for another message/);
    assert.equal((await backlogOf("+34600000016")).messages, 0);
});

test("messages: a sender that floods an absent board gets 429 with Retry-After; others do not", async () => {
    await it.register("+34600000007");
    const token = await it.makeToken("sender", "+34600000007");
    let accepted = 0;
    let refused: { status: number; headers: Headers; body: ErrorBody } | undefined;
    while (refused === undefined && accepted < 3 * OVERFLOW_BURST) {
        const answers = await Promise.all(
            Array.from({ length: 100 }, () =>
                it.ask<ErrorBody>("POST", "/v1/messages", { token, body: { to: "+34600000007", body: "flood" } }),
            ),
        );
        accepted += answers.filter(({ status }) => status === 202).length;
        refused = answers.find(({ status }) => status !== 202);
    }
    assert.equal(refused?.status, 429);
    assert.equal(refused.body.error.code, "too_many");
    assert.match(refused.body.error.message, /is not taking its messages/);
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/);
    assert.ok(accepted >= 2 * OVERFLOW_BURST, `${accepted} were accepted`);
    assert.ok((await backlogOf("+34600000007")).messages <= 1_000);
    assert.equal((await send({ to: "+34600000007", body: "from another sender" })).status, 202);
    // RFC 6585 §4 leaves open who "the user" is. Here it is the token's owner, so the token is checked first and strangers get 401.
    const wrong = await it.ask<ErrorBody>("POST", "/v1/messages", {
        token: `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`,
        body: { to: "+34600000007", body: "flood" },
    });
    assert.deepEqual(
        [wrong.status, wrong.headers.get("www-authenticate"), wrong.headers.get("retry-after")],
        [401, "Bearer", null],
    );
});

test("messages: an accepted message is there after a restart", async () => {
    await it.register("+34600000008");
    const { id } = (await send({ to: "+34600000008", body: "still here" })).body;
    it = await it.restart();
    const { body } = await it.ask<Receipt>("GET", `/v1/messages/${id}`);
    assert.equal(body.state, "accepted");
    assert.equal((await backlogOf("+34600000008")).messages, 1);
});
