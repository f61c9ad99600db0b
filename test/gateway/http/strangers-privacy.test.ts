import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { Worker } from "node:worker_threads";
import { SYSTEM_TIMERS } from "../../../gateway/system/timers.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";
import { connect, connack, publish, subscribe, ACCEPTED } from "../aedes/packets.ts";

// Callers with tokens for other numbers ask about a number in every way there is. Whether its board is online or away, was removed
// or never existed must not show: not in the octets of an answer, and not in its time, because the store is not asked.

const ONLINE = "+4915112345601";
const AWAY = "+4915112345602";
const WITH_CODE = "+4915112345603";
const REMOVED = "+4915112345604";
const UNKNOWN = "+4915112345605";
const NUMBERS = [ONLINE, AWAY, WITH_CODE, REMOVED, UNKNOWN];

let it: RunningGateway;
let board: RawClient;
const tokens: Record<string, string> = {};
const messages: string[] = [];
before(async () => {
    it = await runGateway({}, { timers: { ...SYSTEM_TIMERS, every: () => () => {} } }); // no sweeps: the store is asked by callers only
    const { route, secret } = await it.register(ONLINE);
    for (const number of [AWAY, REMOVED]) await it.register(number);
    await it.ask("DELETE", `/v1/numbers/${REMOVED}`);
    await it.ask("POST", "/v1/codes", { body: { number: WITH_CODE } });
    board = new RawClient(it.gateway.mqttPort);
    board.write(
        Buffer.concat([
            connect(route, route, secret),
            subscribe(1, [`in/${route}`, 1]),
            publish(2, `out/${route}/reg`, "{}"),
        ]),
    );
    await board.octets(20);
    for (const to of [ONLINE, AWAY]) {
        messages.push((await it.ask<{ id: string }>("POST", "/v1/messages", { body: { to, body: "x" } })).body.id);
    }
    for (const [name, role, pattern] of [
        ["sender", "sender", "+34*"],
        ["a sender of one number", "sender", "+4915112345699"],
        ["reader", "reader", "+34*"],
        ["admin of others", "admin", "+34*"],
    ] as const) {
        tokens[name] = await it.makeToken(role, pattern);
    }
    tokens.stranger = "B".repeat(22);
});
after(async () => {
    board.destroy();
    await it.stop();
});

/** Sends octets on a connection of its own. @returns the whole answer, without the date, and with N for the number */
async function talk(octets: string, number = ""): Promise<string> {
    const client = new RawClient(it.gateway.httpPort);
    client.write(Buffer.from(octets, "latin1"));
    const plain = (await client.end()).toString("latin1").replace(/^date: .*\r\n/im, "");
    return number === "" ? plain : plain.replaceAll(number, "N").replaceAll(number.slice(1), "N");
}

interface Question {
    method: string;
    target: string;
    headers?: string[];
    body?: string;
}

function octetsOf({ method, target, headers = [], body }: Question, token: string): string {
    const length = body === undefined ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`];
    const head = [`${method} ${target} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`, ...length, ...headers];
    return [...head, "Connection: close", "", body ?? ""].join("\r\n");
}

const encode = (text: string) => [...text].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join("");
const METHODS = ["GET", "HEAD", "POST", "DELETE", "PROPFIND"];

/** Paths with a number in them. */
const TARGETS: [name: string, target: (number: string) => string][] = [
    ["its number", (number) => `/v1/numbers/${number}`],
    ["digits only", (number) => `/v1/numbers/${number.slice(1)}`],
    ["each sign encoded", (number) => `/v1/numbers/${encode(number)}`],
    ["a slash in it, encoded", (number) => `/v1/numbers/${number.slice(0, 6)}%2f${number.slice(6)}`],
    ["its secret", (number) => `/v1/numbers/${number}/secret`],
    ["a national number", (number) => `/v1/numbers/0${number.slice(3)}?country=DE`],
    ["a digit too many", (number) => `/v1/numbers/${number}12345`],
    ["a list that begins there", (number) => `/v1/numbers?limit=1&after=${encodeURIComponent(number)}`],
    ["a whole list", (number) => `/v1/numbers?limit=1000&after=${number.slice(1)}`],
    ["a message of that id", (number) => `/v1/messages/${number}`],
];
const HEADERS: [name: string, headers: string[]][] = [
    ["If-None-Match", ["If-None-Match: *"]],
    ["Range", ["Range: bytes=0-1"]],
    ["a method on top", ["X-HTTP-Method-Override: DELETE"]],
];

const BODIES: [name: string, body: (number: string) => string][] = [
    ["that is good", (number) => `{"to":"${number}","body":"x"}`],
    ["for a number", (number) => `{"number":"${number}"}`],
    ["for a number, by a channel", (number) => `{"number":"${number}","channel":"webhook"}`],
    ["with spaces", (number) => `{"to":"${number.replace("151", " 151 ")}","body":"x"}`],
    ["with a country", (number) => `{"to":"0${number.slice(3)}","country":"DE","body":"x"}`],
    ["escaped", (number) => `{"to":"\\u002b${number.slice(1)}","body":"x"}`],
    ["cut", (number) => `{"to":"${number}","body":"x`],
    ["a body that is too long", (number) => `{"to":"${number}","body":"${"x".repeat(40_000)}"}`],
    ["a ttl of none", (number) => `{"to":"${number}","body":"x","ttlS":0}`],
    ["a key too many", (number) => `{"to":"${number}","body":"x","from":"${number}"}`],
    ["a digit too many", (number) => `{"to":"${number}12345","body":"x"}`],
];

async function same(name: string, question: (number: string) => Question): Promise<void> {
    for (const [who, token] of Object.entries(tokens)) {
        const answers = new Map<string, string>();
        for (const number of NUMBERS) answers.set(await talk(octetsOf(question(number), token), number), number);
        assert.equal(answers.size, 1, `${who}: ${name}: ${[...answers.keys()].join("\n---\n")}`);
        assert.match([...answers.keys()][0]!, /^HTTP\/1\.1 [1-5]/, name);
    }
}

for (const [name, target] of TARGETS) {
    test(`privacy, attacked: paths with ${name} are answered alike, by any method`, async () => {
        for (const method of METHODS) await same(method, (number) => ({ method, target: target(number) }));
    });
}
for (const [name, headers] of HEADERS) {
    test(`privacy, attacked: with ${name} in the headers answers are alike`, async () => {
        for (const method of ["GET", "DELETE"]) {
            await same(method, (number) => ({ method, target: `/v1/numbers/${number}`, headers }));
        }
        const body = (number: string) => `{"to":"${number}","body":"x"}`;
        await same("POST", (number) => ({ method: "POST", target: "/v1/messages", headers, body: body(number) }));
    });
}
for (const [name, body] of BODIES) {
    test(`privacy, attacked: a body ${name} is answered alike`, async () => {
        for (const target of ["/v1/messages", "/v1/codes", "/v1/numbers"]) {
            await same(target, (number) => ({ method: "POST", target, body: body(number) }));
        }
        for (const key of ["once", "a b"]) {
            const headers = [`Idempotency-Key: ${key}`];
            await same(key, (to) => ({ method: "POST", target: "/v1/messages", headers, body: body(to) }));
        }
    });
}

test("privacy, attacked: another's message and none are answered alike, by any method and spelling", async () => {
    const none = "A".repeat(22);
    for (const [who, token] of Object.entries(tokens)) {
        for (const method of METHODS) {
            for (const spell of [(id: string) => id, encode, (id: string) => `${id}?x=1`, (id: string) => `${id}/`]) {
                const answers = new Set<string>();
                for (const id of [...messages, none]) {
                    answers.add(await talk(octetsOf({ method, target: `/v1/messages/${spell(id)}` }, token)));
                }
                assert.equal(answers.size, 1, `${who} ${method}`);
            }
        }
    }
});

test("privacy, attacked: a publisher of other numbers is ended alike, at the first try and at the next", async () => {
    for (const token of [tokens.sender!, tokens["a sender of one number"]!]) {
        for (let round = 0; round < 3; round++) {
            const answers = new Set<string>();
            for (const number of NUMBERS) {
                const publisher = new RawClient(it.gateway.mqttPort);
                publisher.write(connect("p", "token", token));
                assert.deepEqual(await publisher.octets(4), ACCEPTED);
                publisher.write(publish(1, `to/${number.slice(1)}`, "x"));
                // the second and third time it is acknowledged and dropped
                const answer = await Promise.race([publisher.octets(8), publisher.end()]);
                answers.add(answer.toString("hex"));
                publisher.destroy();
            }
            assert.equal(answers.size, 1, `${round}: ${[...answers].join()}`);
        }
    }
    const stranger = new RawClient(it.gateway.mqttPort);
    stranger.write(connect("p", "token", tokens.stranger!));
    assert.equal((await stranger.end()).length, connack(4).length);
});

const LOOKUPS: [name: string, who: string, question: (number: string) => Question][] = [
    ["a push", "sender", (to) => ({ method: "POST", target: "/v1/messages", body: `{"to":"${to}","body":"x"}` })],
    ["a number's page", "reader", (number) => ({ method: "GET", target: `/v1/numbers/${number}` })],
    ["a removal", "admin of others", (number) => ({ method: "DELETE", target: `/v1/numbers/${number}` })],
    [
        "a code",
        "admin of others",
        (number) => ({ method: "POST", target: "/v1/codes", body: `{"number":"${number}"}` }),
    ],
];
for (const [name, who, question] of LOOKUPS) {
    test(`privacy, attacked: ${name} without the right asks the store nothing, whether the number is known or not`, async () => {
        for (const number of NUMBERS) {
            const posts = await postsToStore(() => talk(octetsOf(question(number), tokens[who]!)));
            assert.equal(posts, 0, number);
        }
    });
}

test("privacy, attacked: a publisher of other numbers asks the store nothing, whether the number is known or not", async () => {
    for (const [index, number] of NUMBERS.entries()) {
        const publisher = new RawClient(it.gateway.mqttPort);
        publisher.write(connect(`p${index}`, "token", tokens.sender!));
        assert.deepEqual(await publisher.octets(4), ACCEPTED);
        const posts = await postsToStore(async () => {
            publisher.write(publish(1, `to/${number.slice(1)}`, `not sent before ${index}`));
            await publisher.end();
        });
        assert.equal(posts, 0, number);
    }
});

test("privacy, attacked: the count of what the store is asked is a real one", async () => {
    const question = LOOKUPS[1]![2](AWAY);
    assert.ok((await postsToStore(() => talk(octetsOf(question, it.token)))) > 0);
});

/** Counts the messages to the store's thread meanwhile: a look-up would show in the time an answer takes. */
async function postsToStore(work: () => Promise<unknown>): Promise<number> {
    const spy = mock.method(Worker.prototype, "postMessage");
    try {
        await work();
        return spy.mock.callCount();
    } finally {
        spy.mock.restore();
    }
}
