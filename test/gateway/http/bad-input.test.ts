import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type Ask, type ErrorBody, type RunningGateway, runGateway } from "../../support/gateway.ts";

let it: RunningGateway;
before(async () => {
    it = await runGateway();
    await it.register("+34611222222");
    await it.register("+34611222333");
    await it.ask("DELETE", "/v1/numbers/+34611222333");
});
after(() => it.stop());

const GOOD = { to: "+34611222222", body: "hello" };
const type = (value: string) => ({ headers: { "Content-Type": value } });

type Row = [name: string, method: string, path: string, ask: Ask, status: number, code: string, sentence: RegExp];
const REFUSED: Row[] = [
    // no number, a national number without a country, an unknown number
    ["no number", "POST", "/v1/messages", { body: { body: "x" } }, 400, "invalid_request", /"to" is missing/],
    [
        "an empty number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "" } },
        400,
        "invalid_request",
        /"to" must not be empty/,
    ],
    [
        "a number of spaces",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "  " } },
        400,
        "invalid_number",
        /is missing/,
    ],
    [
        "a number as a number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: 34611222222 } },
        400,
        "invalid_request",
        /"to" must be a text/,
    ],
    [
        "null for a number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: null } },
        400,
        "invalid_request",
        /"to" must be a text/,
    ],
    [
        "a national number without country",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "611222222" } },
        400,
        "invalid_number",
        /country/,
    ],
    [
        "an unknown country",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "611222222", country: "XX" } },
        400,
        "invalid_number",
        /country/,
    ],
    [
        "letters for a number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "+34CALLME" } },
        400,
        "invalid_number",
        /not a phone number/,
    ],
    [
        "an unknown number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "+34611222999" } },
        404,
        "unknown_number",
        /number/,
    ],
    [
        "a number that was removed",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, to: "+34611222333" } },
        410,
        "unregistered",
        /number/,
    ],
    ["an unknown number's page", "GET", "/v1/numbers/+34611222999", {}, 404, "unknown_number", /number/],
    ["removing an unknown number", "DELETE", "/v1/numbers/+34611222999", {}, 404, "unknown_number", /number/],
    ["garbage for a number in a path", "GET", "/v1/numbers/hello", {}, 400, "invalid_number", /not a phone number/],
    ["a broken path", "GET", "/v1/numbers/%zz", {}, 400, "invalid_request", /could not be read/],
    // what is sent
    ["no body", "POST", "/v1/messages", { body: { to: GOOD.to } }, 400, "invalid_request", /"body" is missing/],
    [
        "a body that is a number",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, body: 5 } },
        400,
        "invalid_request",
        /"body" must be a text/,
    ],
    [
        "a body over the limit",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, body: "x".repeat(5_000) } },
        413,
        "too_large",
        /./,
    ],
    [
        "a request over the limit",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, body: "x".repeat(50_000) } },
        413,
        "too_large",
        /at most 32 KiB/,
    ],
    [
        "an unknown field",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, boby: "x" } },
        400,
        "invalid_request",
        /"boby" is not known/,
    ],
    [
        "__proto__",
        "POST",
        "/v1/messages",
        { body: `{"to":"+34611222222","body":"x","__proto__":{"a":1}}` },
        400,
        "invalid_request",
        /"__proto__" is not known/,
    ],
    [
        "an unknown urgency",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, urgency: "now" } },
        400,
        "invalid_request",
        /"urgency" must be one of "very-low", "low", "normal", "high"/,
    ],
    [
        "a ttl in quotes",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, ttlS: "5" } },
        400,
        "invalid_request",
        /"ttlS" must be a whole number/,
    ],
    [
        "a negative ttl",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, ttlS: -1 } },
        400,
        "invalid_request",
        /"ttlS" must be 0 or more/,
    ],
    [
        "a ttl of 29 days",
        "POST",
        "/v1/messages",
        { body: { ...GOOD, ttlS: 29 * 86_400 } },
        400,
        "invalid_request",
        /28 days/,
    ],
    [
        "a bad idempotency key",
        "POST",
        "/v1/messages",
        { body: GOOD, headers: { "Idempotency-Key": "a b" } },
        400,
        "invalid_request",
        /Idempotency-Key/,
    ],
    // broken JSON and its like
    ["broken JSON", "POST", "/v1/messages", { body: `{"to":"+34611222222",` }, 400, "invalid_request", /not JSON/],
    [
        "an empty body",
        "POST",
        "/v1/messages",
        { body: "", headers: { "Content-Type": "application/json" } },
        400,
        "invalid_request",
        /empty/,
    ],
    ["no body at all", "POST", "/v1/messages", {}, 400, "invalid_request", /body/],
    ["a list", "POST", "/v1/messages", { body: [] }, 400, "invalid_request", /The body must be a JSON object/],
    ["null", "POST", "/v1/messages", { body: "null" }, 400, "invalid_request", /The body must be a JSON object/],
    [
        "octets that are no UTF-8",
        "POST",
        "/v1/messages",
        { body: Buffer.from('{"to":"+34611222222","body":"\xff"}', "latin1") },
        400,
        "invalid_request",
        /not UTF-8/,
    ],
    [
        "a form",
        "POST",
        "/v1/messages",
        { body: "to=1", ...type("application/x-www-form-urlencoded") },
        415,
        "unsupported_type",
        /Content-Type: application\/json/,
    ],
    [
        "plain text",
        "POST",
        "/v1/messages",
        { body: "hello", ...type("text/plain") },
        415,
        "unsupported_type",
        /Content-Type: application\/json/,
    ],
    ["no such address", "GET", "/v1/number", {}, 404, "unknown_route", /openapi\.json/],
    ["no such method", "PUT", "/v1/messages", {}, 404, "unknown_route", /openapi\.json/],
    // tokens
    ["no token", "POST", "/v1/messages", { token: "", body: GOOD }, 401, "unauthorized", /Authorization: Bearer/],
    ["a wrong token", "POST", "/v1/messages", { token: "A".repeat(22), body: GOOD }, 401, "unauthorized", /not known/],
    [
        "a token that is too long",
        "POST",
        "/v1/messages",
        { token: "A".repeat(5_000), body: GOOD },
        401,
        "unauthorized",
        /Bearer/,
    ],
    [
        "another scheme",
        "GET",
        "/v1/numbers",
        { token: "", headers: { Authorization: "Basic YTpi" } },
        401,
        "unauthorized",
        /Bearer/,
    ],
    ["no token for status", "GET", "/v1/status", { token: "" }, 401, "unauthorized", /Bearer/],
    ["no token for metrics", "GET", "/metrics", { token: "" }, 401, "unauthorized", /Bearer/],
    // the rest
    ["an unknown message", "GET", "/v1/messages/AAAAAAAAAAAAAAAAAAAAAA", {}, 404, "unknown_message", /no such message/],
    ["a page too long", "GET", "/v1/numbers?limit=1001", {}, 400, "invalid_request", /1 to 1000/],
    [
        "an unknown query",
        "GET",
        "/v1/numbers?page=2",
        {},
        400,
        "invalid_request",
        /"page" is not known here: take it out of the query/,
    ],
    [
        "an unknown role",
        "POST",
        "/v1/tokens",
        { body: { role: "root" } },
        400,
        "invalid_request",
        /"role" must be one of/,
    ],
    [
        "a pattern that is none",
        "POST",
        "/v1/tokens",
        { body: { role: "sender", pattern: "34*6" } },
        400,
        "invalid_request",
        /./,
    ],
    ["revoking no token", "DELETE", "/v1/tokens/none", {}, 400, "invalid_request", /no token of this id/],
    [
        "a channel that is not set up",
        "POST",
        "/v1/codes",
        { body: { number: GOOD.to, channel: "webhook" } },
        400,
        "invalid_request",
        /--codes-webhook/,
    ],
    [
        "a label too long",
        "POST",
        "/v1/numbers",
        { body: { number: "+34611222444", label: "x".repeat(101) } },
        400,
        "invalid_request",
        /"label" must have at most 100 characters/,
    ],
];
for (const [name, method, path, ask, status, code, sentence] of REFUSED) {
    test(`bad input: ${name} is refused with ${status} and a sentence`, async () => {
        const answer = await it.ask<ErrorBody>(method, path, ask);
        assert.equal(answer.body?.error.code, code, answer.text);
        assert.equal(answer.status, status);
        assert.match(answer.body.error.message, sentence);
        assert.match(answer.body.error.message, /^["A-Z].{20,}$/);
        assert.doesNotMatch(answer.text, /611222|FST_|\bat \/|\n/);
        assert.equal(answer.headers.get("cache-control"), "no-store");
        assert.equal(answer.headers.get("www-authenticate"), status === 401 ? "Bearer" : null);
    });
}

test("bad input: after all of that nothing has changed", async () => {
    const { body } = await it.ask<{ numbers: { number: string }[] }>("GET", "/v1/numbers");
    assert.deepEqual(
        body.numbers.map(({ number }) => number),
        ["+34611222222"],
    );
    const { backlog } = (await it.ask<{ backlog: object }>("GET", "/v1/numbers/+34611222222")).body;
    assert.deepEqual(backlog, { messages: 0, octets: 0 });
    assert.equal((await it.ask<{ tokens: object[] }>("GET", "/v1/tokens")).body.tokens.length, 1);
});

const NO_REQUESTS: [name: string, octets: string, status: RegExp, sentence: RegExp][] = [
    ["an MQTT CONNECT", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd", /^HTTP\/1\.1 400 /, /MQTT port/],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^HTTP\/1\.1 400 /, /TLS is not spoken here/],
    [
        "headers over the limit",
        `GET / HTTP/1.1\r\nHost: a\r\nA: ${"x".repeat(20_000)}\r\n\r\n`,
        /^HTTP\/1\.1 431 /,
        /headers/,
    ],
];
for (const [name, octets, status, sentence] of NO_REQUESTS) {
    test(`bad input: ${name} on the HTTP port gets a sentence and the connection's end`, async () => {
        const got = await new Promise<string>((resolve, reject) => {
            const socket = connect(it.gateway.httpPort, "127.0.0.1", () => socket.write(octets, "latin1"));
            let text = "";
            socket.setEncoding("utf8").on("data", (part: string) => (text += part));
            socket.on("close", () => resolve(text));
            socket.on("error", reject);
        });
        assert.match(got, status);
        const { error } = JSON.parse(got.slice(got.indexOf("\r\n\r\n"))) as ErrorBody;
        assert.match(error.message, sentence);
    });
}
