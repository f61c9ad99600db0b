import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

interface Line {
    number: string;
    label?: string;
    route: string;
    online: boolean;
    stale: boolean;
    provisional: boolean;
    created: string;
}
interface Page {
    numbers: Line[];
    next?: string;
}
interface Details extends Line {
    endpoints: object[];
    backlog: { messages: number; octets: number };
    lastSequence: number;
}

const NOW_MS = Date.parse("2026-12-01T12:00:00Z");
let it: RunningGateway;
before(async () => {
    it = await runGateway({}, { clock: { nowMs: () => NOW_MS } });
});
after(() => it.stop());

test("numbers: a number gets a route and a secret, shown this once", async () => {
    const { status, body } = await it.ask<Record<string, string>>("POST", "/v1/numbers", {
        body: { number: "600 111 222", country: "ES", label: "kitchen" },
    });
    assert.equal(status, 201);
    assert.equal(body.number, "+34600111222");
    assert.equal(body.label, "kitchen");
    assert.match(body.route ?? "", /^[\w-]{16}$/);
    assert.match(body.secret ?? "", /^[\w-]{22}$/);
    const seen = await it.ask("GET", "/v1/numbers/+34600111222");
    assert.equal(seen.text.includes(body.secret ?? "none"), false);
    assert.doesNotMatch(seen.text, /secret|hash/i);
});

const PATHS = [
    "/v1/numbers/+34600111222",
    "/v1/numbers/%2B34600111222",
    "/v1/numbers/%2b34600111222",
    "/v1/numbers/34600111222",
    "/v1/numbers/%2B34%20600%20111%20222",
    "/v1/numbers/600111222?country=ES",
    "/v1/numbers/0034600111222?country=DE",
];
for (const path of PATHS) {
    test(`numbers: ${path} is +34600111222`, async () => {
        const { status, body } = await it.ask<Details>("GET", path);
        assert.equal(status, 200);
        assert.equal(body.number, "+34600111222");
        assert.deepEqual(
            { online: body.online, stale: body.stale, provisional: body.provisional },
            { online: false, stale: false, provisional: false },
        );
        assert.deepEqual(body.backlog, { messages: 0, octets: 0 });
        assert.deepEqual(body.endpoints, []);
        assert.equal(body.lastSequence, 0);
    });
}

test("numbers: registered anew, the number has another route, and its backlog is dropped unless it is to be kept", async () => {
    const first = await it.register("+34600111300");
    const send = (body: string) => it.ask("POST", "/v1/messages", { body: { to: "+34600111300", body } });
    await send("one");
    const add = (keepBacklog?: boolean) =>
        it.ask<{ route: string; replaced?: object }>("POST", "/v1/numbers", {
            body: { number: "+34600111300", keepBacklog },
        });
    const second = await add();
    assert.notEqual(second.body.route, first.route);
    assert.deepEqual(second.body.replaced, { route: first.route, dropped: 1 });
    const backlog = async () => (await it.ask<Details>("GET", "/v1/numbers/+34600111300")).body.backlog.messages;
    assert.equal(await backlog(), 0);
    await send("two");
    assert.deepEqual((await add(true)).body.replaced, { route: second.body.route, dropped: 0 });
    assert.equal(await backlog(), 1);
});

test("numbers: a removed number is answered with 410", async () => {
    await it.register("+34600111400");
    const removed = await it.ask("DELETE", "/v1/numbers/34600111400");
    assert.equal(removed.status, 200);
    assert.deepEqual(removed.body, { number: "+34600111400", removed: true });
    assert.equal((await it.ask("GET", "/v1/numbers/+34600111400")).status, 410);
    assert.equal((await it.ask("DELETE", "/v1/numbers/+34600111400")).status, 410);
});

test("numbers: the list comes in pages, in order, each number once", async () => {
    const added = Array.from({ length: 7 }, (_, at) => `+4915112345${String(at).padStart(2, "0")}`);
    for (const number of added) await it.register(number);
    const found: string[] = [];
    let path = "/v1/numbers?limit=3";
    for (;;) {
        const { body } = await it.ask<Page>("GET", path);
        assert.ok(body.numbers.length <= 3);
        found.push(...body.numbers.map(({ number }) => number));
        if (body.next === undefined) break;
        path = `/v1/numbers?limit=3&after=${encodeURIComponent(body.next)}`;
    }
    assert.deepEqual(found, [...found].sort());
    assert.equal(new Set(found).size, found.length);
    assert.deepEqual(
        found.filter((number) => number.startsWith("+49")),
        added,
    );
});

test("codes: the answer holds the code when no channel is set up; a second one within the minute is refused", async () => {
    const ask = () => it.ask<Record<string, string>>("POST", "/v1/codes", { body: { number: "+34600111222" } });
    const { status, body } = await ask();
    assert.equal(status, 201);
    assert.match(body.code ?? "", /^[0-9]{8}$/);
    assert.equal(body.channel, "print");
    assert.equal(Date.parse(body.expires ?? ""), NOW_MS + 600_000);
    const again = await ask();
    assert.equal(again.status, 429);
    assert.match(again.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/);
});
