import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Ask, ErrorBody } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";

let it: RunningGateway;
before(async () => {
    it = await runGateway();
    await it.register("+34611222222");
    await it.register("+34611222333");
    await it.ask("DELETE", "/v1/numbers/+34611222333");
});
after(() => it.stop());

const TO = "+34611222222";
const BAD = "400 invalid_request";
const BAD_NUMBER = "400 invalid_number";

// Fields of POST /v1/messages that differ from a good message.
type Change = Record<string, unknown>;
const MESSAGES: [name: string, change: Change, refusal: string, sentence: RegExp][] = [
    ["no number", { to: undefined }, BAD, /"to" is missing/],
    ["an empty number", { to: "" }, BAD, /"to" must not be empty/],
    ["a number of spaces", { to: "  " }, BAD_NUMBER, /is missing/],
    ["a number without quotes", { to: 34611222222 }, BAD, /"to" must be a string, or a list of strings/],
    ["null for a number", { to: null }, BAD, /"to" must be a string, or a list of strings/],
    ["a national number without country", { to: "611222222" }, BAD_NUMBER, /country/],
    ["an unknown country", { to: "611222222", country: "XX" }, BAD_NUMBER, /country/],
    ["letters for a number", { to: "+34CALLME" }, BAD_NUMBER, /not a phone number/],
    ["an unknown number", { to: "+34611222999" }, "404 unknown_number", /number/],
    ["a number that was removed", { to: "+34611222333" }, "410 unregistered", /number/],
    ["no body", { body: undefined }, BAD, /"body" is missing/],
    ["a body without quotes", { body: 5 }, BAD, /"body" must be a string/],
    ["a body over the limit", { body: "x".repeat(5_000) }, "413 too_large", /./],
    ["a request over the limit", { body: "x".repeat(70_000) }, "413 too_large", /at most 64 KiB/],
    ["no numbers", { to: [] }, BAD, /"to" must not be empty/],
    ["too many numbers", { to: Array(1_001).fill(TO) }, BAD, /"to" must have at most 1000 entries/],
    ["a number without quotes in a list", { to: [TO, 5] }, BAD, /"to.1" must be a string/],
    ["an empty id for a list", { to: [TO], id: "" }, BAD, /must be 1 to 184 visible ASCII/],
    ["a long id for a list", { to: [TO], id: "x".repeat(185) }, BAD, /must be 1 to 184 visible ASCII/],
    ["an id with a space for a list", { to: [TO], id: "a b" }, BAD, /must be 1 to 200 visible ASCII/],
    ["an unknown field", { boby: "x" }, BAD, /"boby" is not a field of the body: .* misspelling/],
    ["an unknown urgency", { urgency: "now" }, BAD, /"urgency" must be one of "very-low", "low", "normal", "high"/],
    ["a bad id", { id: "a b" }, BAD, /must be 1 to 200 visible ASCII/],
    ["a ttl in quotes", { ttlS: "5" }, BAD, /"ttlS" must be a whole number/],
    ["a negative ttl", { ttlS: -1 }, BAD, /"ttlS" must be 0 or more/],
    ["ttlS by its other name", { ttl: 29 * 86_400 }, BAD, /28 days/],
    ["a ttl of 29 days", { ttlS: 29 * 86_400 }, BAD, /28 days/],
];

const SEND = "POST /v1/messages";
const type = (value: string) => ({ headers: { "Content-Type": value } });
const good = { body: { to: TO, body: "hello" } };
const REQUESTS: [name: string, request: string, ask: Ask, refusal: string, sentence: RegExp][] = [
    ...MESSAGES.map(([name, change, refusal, sentence]): (typeof REQUESTS)[number] => {
        return [name, SEND, { body: { ...good.body, ...change } }, refusal, sentence];
    }),
    // the body
    ["__proto__", SEND, { body: `{"to":"${TO}","body":"x","__proto__":{"a":1}}` }, BAD, /"__proto__" is not a field/],
    ["broken JSON", SEND, { body: `{"to":"${TO}",` }, BAD, /not JSON/],
    ["an empty body", SEND, { body: "", ...type("application/json") }, BAD, /The body must be a JSON object/],
    ["no body at all", SEND, {}, BAD, /body/],
    ["a list", SEND, { body: [] }, BAD, /The body must be a JSON object/],
    ["null", SEND, { body: "null" }, BAD, /The body must be a JSON object/],
    ["invalid UTF-8", SEND, { body: Buffer.from(`{"to":"${TO}","body":"\xff"}`, "latin1") }, BAD, /not UTF-8/],
    ["a form", SEND, { body: "to=1", ...type("application/x-www-form-urlencoded") }, "415 unsupported_type", /JSON/],
    [
        "a compressed body",
        SEND,
        { body: Buffer.from([31, 139, 8]), headers: { "Content-Encoding": "gzip" } },
        "415 unsupported_type",
        /gzip|compress/,
    ],
    ["plain text", SEND, { body: "hello", ...type("text/plain") }, "415 unsupported_type", /application\/json/],
    ["two keys", SEND, { body: { ...good.body, id: "a" }, headers: { "Idempotency-Key": "b" } }, BAD, /differ/],
    ["a bad key", SEND, { ...good, headers: { "Idempotency-Key": "a b" } }, BAD, /Idempotency-Key/],
    // paths and methods
    ["an unknown number's page", "GET /v1/numbers/+34611222999", {}, "404 unknown_number", /number/],
    ["removing an unknown number", "DELETE /v1/numbers/+34611222999", {}, "404 unknown_number", /number/],
    ["garbage for a number in a path", "GET /v1/numbers/hello", {}, BAD_NUMBER, /not a phone number/],
    ["a broken path", "GET /v1/numbers/%zz", {}, BAD, /could not be read/],
    ["an unknown path", "GET /v1/number", {}, "404 unknown_route", /No such path: .*openapi\.json/],
    ["a dot that is another sign", "GET /v1/openapi-json", {}, "404 unknown_route", /openapi\.json/],
    ["a wrong method", "PUT /v1/messages", {}, "405 wrong_method", /does not take PUT: use POST\./],
    ["a wrong method with a broken body", "PUT /v1/messages", { body: "{" }, "405 wrong_method", /use POST\./],
    [
        "a wrong method of a number",
        "PUT /v1/numbers/+34611222222",
        {},
        "405 wrong_method",
        /use DELETE, GET, HEAD, PATCH\./,
    ],
    ["an unknown query", "GET /v1/numbers?page=2", {}, BAD, /"page" is not a field of the query/],
    ["a page too long", "GET /v1/numbers?limit=1001", {}, BAD, /1 to 1000/],
    ["an unknown message", "GET /v1/messages/AAAAAAAAAAAAAAAAAAAAAA", {}, "404 unknown_message", /no such message/i],
    // tokens
    ["no token", SEND, { ...good, token: "" }, "401 unauthorized", /Authorization: Bearer/],
    ["a wrong token", SEND, { ...good, token: "A".repeat(22) }, "401 unauthorized", /does not know this token/],
    ["a token that is too long", SEND, { ...good, token: "A".repeat(5_000) }, "401 unauthorized", /Bearer/],
    [
        "another scheme",
        "GET /v1/numbers",
        { token: "", headers: { Authorization: "Digest YTpi" } },
        "401 unauthorized",
        /Bearer/,
    ],
    ["no token for status", "GET /v1/status", { token: "" }, "401 unauthorized", /Bearer/],
    ["no token for metrics", "GET /metrics", { token: "" }, "401 unauthorized", /Bearer/],
    ["an unknown role", "POST /v1/tokens", { body: { role: "root" } }, BAD, /"role" must be one of/],
    ["a bad pattern", "POST /v1/tokens", { body: { role: "sender", pattern: "34*6" } }, BAD, /./],
    ["revoking no token", "DELETE /v1/tokens/none", {}, BAD, /No token has this id/],
    // the rest
    ["an absent channel", "POST /v1/codes", { body: { number: TO, channel: "webhook" } }, BAD, /--codes-webhook/],
    [
        "a long label",
        "POST /v1/numbers",
        { body: { number: "+34611222444", label: "x".repeat(101) } },
        BAD,
        /at most 100/,
    ],
];
for (const [name, request, ask, refusal, sentence] of REQUESTS) {
    test(`bad input: ${name} is refused with ${refusal} and a sentence`, async () => {
        const [method = "", path = ""] = request.split(" ");
        const answer = await it.ask<ErrorBody>(method, path, ask);
        const status = Number.parseInt(refusal);
        assert.equal(`${answer.status} ${answer.body?.error.code}`, refusal, answer.text);
        assert.match(answer.body.error.message, sentence);
        assert.match(answer.body.error.message, /^["A-Z].{20,}$/);
        assert.doesNotMatch(answer.text, /611222|FST_|\bat \/|\n/);
        assert.equal(answer.headers.get("cache-control"), "no-store");
        assert.equal(answer.headers.get("www-authenticate"), status === 401 ? "Bearer" : null);
        assert.equal(answer.headers.has("allow"), status === 405);
        assert.equal(answer.headers.get("accept-encoding"), name === "a compressed body" ? "identity" : null);
    });
}

const basic = (user: string, token: string) => `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;

test("bad input: JSON under another type's name or none, a token as a password, and DELETE with a type are no mistakes", async () => {
    const { id, token } = (
        await it.ask<{ id: string; token: string }>("POST", "/v1/tokens", { body: { role: "sender" } })
    ).body;
    const sent: [headers: Record<string, string>, status: number][] = [
        [{ ...type("application/x-www-form-urlencoded").headers, Authorization: `Bearer ${token}` }, 202],
        [{ ...type("text/plain").headers, Authorization: basic("anybody", token) }, 202],
        [{ Authorization: basic("", token) }, 202],
        [{ Authorization: basic("a:b", token) }, 401],
        [{ Authorization: basic(token, "") }, 401],
        // a browser sends Basic by itself, whatever page asks
        [{ Authorization: basic("", token), Origin: "http://elsewhere" }, 401],
    ];
    for (const [headers, status] of sent) {
        const body = Buffer.from(JSON.stringify({ ...good.body, ttlS: 0 })); // octets, for which fetch adds no Content-Type
        const answer = await fetch(`${it.url}/v1/messages`, { method: "POST", headers, body });
        assert.equal(answer.status, status, `${JSON.stringify(headers)} ${await answer.text()}`);
    }
    assert.equal((await it.ask("DELETE", `/v1/tokens/${id}`, type("application/json"))).status, 200);
});

test("bad input: after all of that nothing has changed", async () => {
    const { body } = await it.ask<{ numbers: { number: string }[] }>("GET", "/v1/numbers");
    assert.deepEqual(
        body.numbers.map(({ number }) => number),
        [TO],
    );
    const { backlog } = (await it.ask<{ backlog: object }>("GET", `/v1/numbers/${TO}`)).body;
    assert.deepEqual(backlog, { messages: 0, octets: 0 });
    assert.equal((await it.ask<{ tokens: object[] }>("GET", "/v1/tokens")).body.tokens.length, 1);
});

const GARBAGE: [name: string, octets: string, status: RegExp, sentence: RegExp][] = [
    ["an MQTT CONNECT", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd", /^HTTP\/1\.1 400 /, /MQTT port/],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^HTTP\/1\.1 400 /, /this port has no TLS/],
    [
        "a request without Host",
        "GET /v1/health HTTP/1.1\r\n\r\n",
        /^HTTP\/1\.1 400 [^]*connection: close/i,
        /no header Host/,
    ],
    ["headers over the limit", `GET / HTTP/1.1\r\nA: ${"x".repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /, /headers/],
];
for (const [name, octets, status, sentence] of GARBAGE) {
    test(`bad input: ${name} on the HTTP port gets a sentence and the connection's end`, async () => {
        const client = new RawClient(it.gateway.httpPort);
        client.write(Buffer.from(octets, "latin1"));
        const got = (await client.end()).toString();
        assert.match(got, status);
        const { error } = JSON.parse(got.slice(got.indexOf("\r\n\r\n"))) as ErrorBody;
        assert.match(error.message, sentence);
    });
}
