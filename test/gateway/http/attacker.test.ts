import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import type { ErrorBody } from "../../support/gateway-client.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";
import { connect, connack, publish, publishOnce, subscribe, ACCEPTED } from "../aedes/packets.ts";

// What an attacker would try. `bad-input.test.ts` has what people get wrong.
let it: RunningGateway;
let board: { number: string; route: string; secret: string };
let other: { number: string; route: string; secret: string };
before(async () => {
    it = await runGateway({ backlogMessages: "5" });
    board = await it.register("+34611222222");
    other = await it.register("+4917011112222");
});
after(() => it.stop());

/** A request whose target and headers are sent as they are: fetch would tidy them up. */
function raw(
    method: string,
    target: string,
    headers: Record<string, string | string[]>,
    body = "",
): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
        const port = it.gateway.httpPort;
        const asked = request({ port, host: "127.0.0.1", method, path: target, headers }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        });
        asked.on("error", reject);
        asked.end(body);
    });
}

const TARGETS = [
    "/v1/numbers/..%2f..%2fetc%2fpasswd",
    "/v1/numbers/../../etc/passwd",
    "/v1/numbers/%2e%2e",
    "/v1/numbers/%2534611222222",
    "/v1/numbers/%00",
    "/v1/numbers/+34611222222%00",
    "/v1/numbers/+34611222222%0d%0aX-Evil:%201",
    "/v1/numbers/%",
    "/v1/numbers/%ff%fe",
    "/v1/numbers/+34611222222/..%2ftokens",
    "/v1/numbers/+34*",
    "/v1/numbers/*",
    "/v1/numbers/__proto__",
    "/v1/messages/__proto__",
    "/v1/messages/constructor",
    "/v1/tokens/..%2f..",
    "//v1/numbers",
    "/v1//numbers/+34611222222",
    "/V1/NUMBERS",
    `/v1/numbers/${"9".repeat(4_000)}`,
    `/${"a/".repeat(2_000)}`,
];
for (const target of TARGETS) {
    test(`attacker: GET ${target.slice(0, 60)} is refused and reveals nothing of the gateway`, async () => {
        const { status, text } = await raw("GET", target, { Authorization: `Bearer ${it.token}` });
        assert.ok([400, 404, 405, 414].includes(status), `${status} ${text}`);
        assert.doesNotMatch(text, /at .+:\d+:\d+|node_modules|passwd|\/home|root:/);
        assert.ok((JSON.parse(text) as ErrorBody).error.message.length > 10);
    });
}

const AUTHORIZATIONS: [name: string, value: (token: string) => string | string[]][] = [
    ["a scheme before the right one", (token) => `Digest ${Buffer.from(`x:${token}`).toString("base64")}`],
    ["no scheme", (token) => token],
    ["two tokens", (token) => `Bearer ${token} ${token}`],
    ["a comma", (token) => `Bearer ${token}, Bearer x`],
    ["a tab", (token) => `Bearer\t${token}`],
    ["quotes", (token) => `Bearer "${token}"`],
    ["a NUL written as text", (token) => `Bearer ${token}%00`],
    ["the letters in another case", (token) => `Bearer ${token.toUpperCase()}${token.toLowerCase()}`],
    ["a prefix of it", (token) => `Bearer ${token.slice(0, -1)}`],
    ["its hash's look", () => `Bearer ${"a".repeat(64)}`],
    ["SQL", () => "Bearer '--OR-1=1--aaaaaaaaa"],
    ["a wildcard", () => `Bearer ${"%".repeat(22)}`],
    ["15,000 signs", () => `Bearer ${"a".repeat(15_000)}`],
    ["octets above ASCII", () => "Bearer \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"],
    ["the first one wrong", (token) => ["Bearer wrong", `Bearer ${token}`]],
];
for (const [name, value] of AUTHORIZATIONS) {
    test(`attacker: Authorization with ${name} is 401`, async () => {
        const { status, text } = await raw("GET", "/v1/numbers", { Authorization: value(it.token) });
        assert.equal(status, 401, text);
        assert.ok(!text.includes(it.token.slice(0, 8)));
    });
}

test("attacker: a token in the address, in a cookie or as another header opens nothing", async () => {
    const tries: [string, Record<string, string>][] = [
        [`/v1/numbers?token=${it.token}`, {}],
        [`/v1/numbers?access_token=${it.token}`, {}],
        ["/v1/numbers", { Cookie: `token=${it.token}` }],
        ["/v1/numbers", { "X-Api-Key": it.token, "X-Forwarded-User": "admin" }],
    ];
    for (const [target, headers] of tries) assert.equal((await raw("GET", target, headers)).status, 401);
});

const BODIES: [name: string, body: string][] = [
    ["__proto__", '{"__proto__":{"to":"+34611222222","body":"x","role":"admin"}}'],
    ["__proto__ beside what is right", '{"to":"+34611222222","body":"x","__proto__":{"urgency":"high"}}'],
    ["constructor", '{"to":"+34611222222","body":"x","constructor":{"prototype":{"polluted":1}}}'],
    ["16,000 brackets", "[".repeat(16_000) + "]".repeat(16_000)],
    ["16,000 brackets that never close", "[".repeat(32_000)],
    ["5,000 objects in each other", '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000)],
    ["3,000 keys", `{${Array.from({ length: 3_000 }, (_, n) => `"${n}":0`).join(",")}}`],
    ["the same key twice", '{"to":"+34611222222","to":{"toString":"x"},"body":"x"}'],
    ["numbers without end", `{"to":"+34611222222","body":"x","ttlS":1e${"9".repeat(400)}}`],
    ["a list that looks like a text", '{"to":"+34611222222","body":["x"]}'],
    ["a list of lists of numbers", '{"to":[["+34611222222"]],"body":"x"}'],
    ["from, which only the gateway sets", '{"to":"+34611222222","body":"x","from":"+34600000000"}'],
];
for (const [name, body] of BODIES) {
    test(`attacker: a body with ${name} is 400, costs little CPU, and changes nothing`, async () => {
        const before = process.cpuUsage();
        const { status, body: answer } = await it.ask<ErrorBody>("POST", "/v1/messages", { body });
        assert.equal(status, 400);
        assert.ok(answer.error.message.length < 300);
        assert.ok(process.cpuUsage(before).user < 2_000_000, "the CPU is the subject: a bad body costs milliseconds");
        assert.equal(({} as { polluted?: number; role?: string }).polluted, undefined);
        assert.equal(({} as { role?: string }).role, undefined);
    });
}

test("attacker: a token's pattern holds for a number in every typed form, over HTTP and MQTT", async () => {
    const token = await it.makeToken("sender", "+34*");
    const foreign = [
        "+49 170 1111 2222",
        "004917011112222",
        "+4917011112222",
        "tel:+49-170-11112222",
        "＋４９１７０11112222",
    ];
    for (const to of foreign) {
        const { status } = await it.ask("POST", "/v1/messages", { token, body: { to, body: "x", country: "ES" } });
        assert.equal(status, 403, to);
    }
    // 34 at the start of a German national number, or after a zero, does not make a Spanish number.
    for (const [to, country] of [
        ["34 170 1111", "DE"],
        ["034611222222", "DE"],
    ] as const) {
        const { status } = await it.ask("POST", "/v1/messages", { token, body: { to, country, body: "x" } });
        assert.ok(status === 403 || status === 400, `${to}: ${status}`);
    }
    for (const topic of [
        "to/4917011112222",
        "to/+4917011112222",
        "to/004917011112222",
        "to/34/../4917011112222",
        "to/34*",
        "to/%2B34611222222",
        "TO/34611222222",
        "to/34611222222/",
        "/to/34611222222",
    ]) {
        const publisher = new RawClient(it.gateway.mqttPort);
        publisher.write(Buffer.concat([connect("p", "token", token), publish(1, topic, "x")]));
        assert.deepEqual(await publisher.end(), ACCEPTED, topic);
    }
    const { body } = await it.ask<{ backlog: { messages: number } }>("GET", `/v1/numbers/${other.number}`);
    assert.equal(body.backlog.messages, 0);
});

test("attacker: a secret is not a token, a token is not a secret, and a publisher is not a device", async () => {
    for (const token of [board.secret, board.route]) {
        assert.equal((await it.ask("GET", "/v1/status", { token })).status, 401);
    }
    const sender = await it.makeToken("sender");
    const refused: [clientId: string, userName: string, password: string, code: number][] = [
        [board.route, board.route, it.token, 4],
        [board.route, board.route, sender, 4],
        [board.route, "token", sender, 2],
        [board.route, other.route, board.secret, 4],
        [other.route, board.route, board.secret, 4],
        ["", board.route, board.secret, 4],
        [`${board.route} `, board.route, board.secret, 4],
        ["publisher", "token", board.secret, 4],
        [board.route.toLowerCase(), board.route.toLowerCase(), board.secret, 4],
        ["enrol-chip", board.number, it.token, 4],
        ["enrol-chip", board.number, board.secret, 4],
    ];
    for (const [clientId, userName, password, code] of refused) {
        const client = new RawClient(it.gateway.mqttPort);
        client.write(connect(clientId, userName, password));
        const answer = await client.end();
        assert.deepEqual(answer, connack(code), `${clientId} ${userName}`);
    }
    const reader = new RawClient(it.gateway.mqttPort);
    reader.write(
        Buffer.concat([
            connect("reader", "token", await it.makeToken("reader")),
            publish(1, `to/${board.number.slice(1)}`, "x"),
        ]),
    );
    assert.deepEqual(await reader.end(), ACCEPTED, "a reader may not send");
    const publisher = new RawClient(it.gateway.mqttPort);
    publisher.write(
        Buffer.concat([
            connect("s", "token", sender),
            subscribe(1, [`in/${board.route}`, 1]),
            publishOnce(`out/${board.route}/reg`, "{}"),
        ]),
    );
    assert.ok((await publisher.end()).length <= ACCEPTED.length + 5, "nothing but a refused subscription");
});

for (const chip of ["", "a b", "../x", "a/b", "a+b", "#", "é", "a\u0001b", "A".repeat(33), "__proto__"]) {
    test(`attacker: enrolling as the chip ${JSON.stringify(chip)} is refused before the gateway looks at the code`, async () => {
        const client = new RawClient(it.gateway.mqttPort);
        client.write(connect(`enrol-${chip}`, board.number, "12345678"));
        const answer = await client.end();
        assert.ok(answer.length === 0 || answer.equals(connack(2)), answer.toString("hex"));
    });
}

test("attacker: --backlog-messages bounds what waits, and a sender gets 429 once it has pushed out a whole backlog", async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 15; index++) {
        statuses.push((await it.ask("POST", "/v1/messages", { body: { to: board.number, body: `${index}` } })).status);
    }
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(202));
    assert.ok(statuses.slice(10).includes(429), statuses.join(" "));
    const { body } = await it.ask<{ backlog: { messages: number } }>("GET", `/v1/numbers/${board.number}`);
    assert.equal(body.backlog.messages, 5);
});
