import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Ask } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

let it: RunningGateway;
const tokens: Record<string, string> = {};
let foreignId = "";
let ownId = "";

const OWN = "+34600111222";
const FOREIGN = "+4915112345678";
const UNKNOWN = "+4915187654321";
const REMOVED = "+4915100000000";

before(async () => {
    it = await runGateway();
    for (const number of [OWN, FOREIGN, REMOVED]) await it.register(number);
    await it.ask("DELETE", `/v1/numbers/${REMOVED}`);
    const send = async (to: string) =>
        (await it.ask<{ id: string }>("POST", "/v1/messages", { body: { to, body: "x" } })).body.id;
    ownId = await send(OWN);
    foreignId = await send(FOREIGN);
    tokens.admin = it.token;
    tokens.sender = await it.makeToken("sender", "*");
    tokens.senderEs = await it.makeToken("sender", "+34*");
    tokens.reader = await it.makeToken("reader", "*");
    tokens.readerEs = await it.makeToken("reader", OWN);
});
after(() => it.stop());

interface List {
    numbers: { number: string }[];
    next?: string;
}

const sending = (to: string): Ask => ({ body: { to, body: "x" } });
const COLUMNS = ["admin", "sender", "senderEs", "reader", "readerEs"];
const RIGHTS: [name: string, method: string, path: () => string, ask: Ask, statuses: number[]][] = [
    ["send to +34", "POST", () => "/v1/messages", sending(OWN), [202, 202, 202, 403, 403]],
    ["send to +49", "POST", () => "/v1/messages", sending(FOREIGN), [202, 202, 403, 403, 403]],
    ["send to unknown +49", "POST", () => "/v1/messages", sending(UNKNOWN), [404, 404, 403, 403, 403]],
    ["send to removed +49", "POST", () => "/v1/messages", sending(REMOVED), [410, 410, 403, 403, 403]],
    ["own receipt", "GET", () => `/v1/messages/${ownId}`, {}, [200, 200, 200, 200, 200]],
    ["foreign receipt", "GET", () => `/v1/messages/${foreignId}`, {}, [200, 200, 404, 200, 404]],
    ["own number", "GET", () => `/v1/numbers/${OWN}`, {}, [200, 403, 403, 200, 200]],
    ["foreign number", "GET", () => `/v1/numbers/${FOREIGN}`, {}, [200, 403, 403, 200, 403]],
    ["unknown number", "GET", () => `/v1/numbers/${UNKNOWN}`, {}, [404, 403, 403, 404, 403]],
    ["list", "GET", () => "/v1/numbers", {}, [200, 403, 403, 200, 200]],
    ["status", "GET", () => "/v1/status", {}, [200, 403, 403, 200, 403]],
    ["metrics", "GET", () => "/metrics", {}, [200, 403, 403, 200, 403]],
    ["tokens", "GET", () => "/v1/tokens", {}, [200, 403, 403, 403, 403]],
    ["make a token", "POST", () => "/v1/tokens", { body: { role: "reader" } }, [201, 403, 403, 403, 403]],
    ["revoke a token", "DELETE", () => "/v1/tokens/none", {}, [400, 403, 403, 403, 403]],
    ["make a code", "POST", () => "/v1/codes", { body: { number: "+34600111777" } }, [201, 403, 403, 403, 403]],
    ["register", "POST", () => "/v1/numbers", { body: { number: "+34600111888" } }, [201, 403, 403, 403, 403]],
    ["remove", "DELETE", () => "/v1/numbers/+34600111888", {}, [200, 403, 403, 403, 403]],
];
for (const [name, method, path, ask, statuses] of RIGHTS) {
    test(`rights: ${name}: ${COLUMNS.map((column, at) => `${column} ${statuses[at]}`).join(", ")}`, async () => {
        const got = [];
        for (const column of COLUMNS)
            got.push((await it.ask(method, path(), { ...ask, token: tokens[column] })).status);
        assert.deepEqual(got, statuses);
    });
}

test("rights: a reader of some numbers sees these in the list, and no others", async () => {
    const { body } = await it.ask<{ numbers: { number: string }[] }>("GET", "/v1/numbers", { token: tokens.readerEs });
    assert.deepEqual(
        body.numbers.map(({ number }) => number),
        [OWN],
    );
});

test("privacy: pages of the list hold and name the token's own numbers only, wherever they begin", async () => {
    const more = ["+34600111", "+346001112220", "+34600111221", "+34600111223", "+3460"];
    for (const number of [...more, "+35600111222", "+33699999999"]) await it.register(number);
    const patterns: [pattern: string, own: string[]][] = [
        [OWN, [OWN]],
        ["+34600111222*", [OWN, "+346001112220"]],
        ["+346001112*", [OWN, "+34600111221", "+346001112220", "+34600111223"]],
        [UNKNOWN, []],
        ["+888*", []],
    ];
    for (const role of ["reader", "admin"]) {
        for (const [pattern, own] of patterns) {
            const token = await it.makeToken(role, pattern);
            for (const limit of [1, 2, 3, 1_000]) {
                for (const start of ["", "+11", "+33699999999", OWN, FOREIGN, "+999"]) {
                    const seen: string[] = [];
                    let next: string | undefined = start;
                    for (let pages = 0; next !== undefined; pages++) {
                        assert.ok(pages < 10);
                        const path: string = `/v1/numbers?limit=${limit}${next === "" ? "" : `&after=${encodeURIComponent(next)}`}`;
                        const page: List = (await it.ask<List>("GET", path, { token })).body;
                        seen.push(...page.numbers.map(({ number }) => number));
                        next = page.next;
                        if (next !== undefined) assert.ok(own.includes(next), `${pattern}: ${next}`);
                    }
                    const expected = own.filter((number) => number > start).sort();
                    assert.deepEqual(seen, expected, `${role} ${pattern} ${limit} ${start}`);
                }
            }
        }
    }
});

test("tokens: one that was revoked is refused at once", async () => {
    const made = await it.ask<{ id: string; token: string }>("POST", "/v1/tokens", {
        body: { role: "reader", label: "x" },
    });
    const { id, token } = made.body;
    assert.equal((await it.ask("GET", "/v1/status", { token })).status, 200);
    assert.deepEqual((await it.ask("DELETE", `/v1/tokens/${id}`)).body, { id, removed: true });
    assert.equal((await it.ask("GET", "/v1/status", { token })).status, 401);
});

test("tokens: the list shows neither tokens nor hashes", async () => {
    const { text, body } = await it.ask<{ tokens: object[] }>("GET", "/v1/tokens");
    assert.ok(body.tokens.length >= 5);
    for (const token of Object.values(tokens)) assert.equal(text.includes(token), false);
    assert.doesNotMatch(text, /hash/);
});
