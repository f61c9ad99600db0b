import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { after, before, test } from "node:test";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";
import { connect, connack, publish, subscribe, ACCEPTED } from "../aedes/packets.ts";

// Whoever holds a token for other numbers asks about one that is not its own, in every way there is. Whether its board is online or away,
// was removed, or never was, may not be seen: not in the octets of an answer, and not in how long it takes.

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
    it = await runGateway();
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

/** Says these octets on a connection of its own. @returns everything that is answered until it ends, but for the time of day */
async function say(octets: string, number = ""): Promise<string> {
    const socket = dial(it.gateway.httpPort, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.on("error", () => {});
    socket.write(Buffer.from(octets, "latin1"));
    await once(socket, "close");
    const plain = answer.replace(/^date: .*\r\n/im, "");
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
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

/** A number in an address, and what stands around it. */
const TARGETS: [name: string, target: (number: string) => string][] = [
    ["its number", (number) => `/v1/numbers/${number}`],
    ["digits alone", (number) => `/v1/numbers/${number.slice(1)}`],
    ["each sign encoded", (number) => `/v1/numbers/${encode(number)}`],
    ["encoded twice", (number) => `/v1/numbers/%252B${number.slice(1)}`],
    ["spaces", (number) => `/v1/numbers/${number.replace("151", "%20151%20")}`],
    ["a slash behind it", (number) => `/v1/numbers/${number}/`],
    ["a slash in it, encoded", (number) => `/v1/numbers/${number.slice(0, 6)}%2f${number.slice(6)}`],
    ["its secret", (number) => `/v1/numbers/${number}/secret`],
    ["something of it that is not there", (number) => `/v1/numbers/${number}/endpoints`],
    ["a country", (number) => `/v1/numbers/${number}?country=DE`],
    ["a national number", (number) => `/v1/numbers/0${number.slice(3)}?country=DE`],
    ["a query that is not known", (number) => `/v1/numbers/${number}?x=1`],
    ["a digit too many", (number) => `/v1/numbers/${number}12345`],
    ["100 digits before it", (number) => `/v1/numbers/${"0".repeat(100)}${number.slice(1)}`],
    ["a list that begins there", (number) => `/v1/numbers?limit=1&after=${encodeURIComponent(number)}`],
    ["a list that begins before", (number) => `/v1/numbers?limit=1&after=${encodeURIComponent(before1(number))}`],
    ["a whole list", (number) => `/v1/numbers?limit=1000&after=${number.slice(1)}`],
    ["a message of that id", (number) => `/v1/messages/${number}`],
    ["a token of that id", (number) => `/v1/tokens/${number}`],
];
function before1(number: string): string {
    return `+${Number(number.slice(1)) - 1}`;
}

const HEADERS: [name: string, headers: string[]][] = [
    ["If-None-Match", ["If-None-Match: *"]],
    ["If-Modified-Since", ["If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"]],
    ["If-Match", ['If-Match: "x"']],
    ["Range", ["Range: bytes=0-1"]],
    ["Accept", ["Accept: text/html;q=0", "Accept-Encoding: gzip, br"]],
    ["a method on top", ["X-HTTP-Method-Override: DELETE"]],
    ["an origin", ["Origin: http://evil.example", "Access-Control-Request-Method: DELETE"]],
    ["Expect", ["Expect: 100-continue"]],
    ["Expect what nobody gives", ["Expect: 200-maybe"]],
    ["an upgrade", ["Upgrade: websocket"]],
];

const BODIES: [name: string, body: (number: string) => string][] = [
    ["as it should be", (number) => `{"to":"${number}","body":"x"}`],
    ["for a number", (number) => `{"number":"${number}"}`],
    ["for a number, by a channel", (number) => `{"number":"${number}","channel":"webhook"}`],
    ["for a number, keeping what waits", (number) => `{"number":"${number}","keepBacklog":true}`],
    ["with spaces", (number) => `{"to":"${number.replace("151", " 151 ")}","body":"x"}`],
    ["with a country", (number) => `{"to":"0${number.slice(3)}","country":"DE","body":"x"}`],
    ["escaped", (number) => `{"to":"\\u002b${number.slice(1)}","body":"x"}`],
    ["cut", (number) => `{"to":"${number}","body":"x`],
    ["of another type", (number) => `{"to":${number.slice(1)},"body":"x"}`],
    ["without its text", (number) => `{"to":"${number}"}`],
    ["empty text", (number) => `{"to":"${number}","body":""}`],
    ["a text that is too long", (number) => `{"to":"${number}","body":"${"x".repeat(5_000)}"}`],
    ["a body that is too long", (number) => `{"to":"${number}","body":"${"x".repeat(40_000)}"}`],
    ["a ttl that cannot be", (number) => `{"to":"${number}","body":"x","ttlS":99999999999}`],
    ["a ttl of none", (number) => `{"to":"${number}","body":"x","ttlS":0}`],
    ["a key too many", (number) => `{"to":"${number}","body":"x","from":"${number}"}`],
    ["a list", (number) => `[{"to":"${number}","body":"x"}]`],
    ["no UTF-8", (number) => `{"to":"${number}","body":"\xff"}`],
    ["a digit too many", (number) => `{"to":"${number}12345","body":"x"}`],
];

async function same(name: string, question: (number: string) => Question): Promise<void> {
    for (const [who, token] of Object.entries(tokens)) {
        const answers = new Map<string, string>();
        for (const number of NUMBERS) answers.set(await say(octetsOf(question(number), token), number), number);
        assert.equal(answers.size, 1, `${who}: ${name}: ${[...answers.keys()].join("\n---\n")}`);
        assert.match([...answers.keys()][0]!, /^HTTP\/1\.1 [1-5]/, name);
    }
}

for (const [name, target] of TARGETS) {
    test(`privacy, attacked: addresses with ${name} are answered alike, by any method`, async () => {
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
        await same("a key", (number) => ({
            method: "POST",
            target: "/v1/messages",
            headers: ["Idempotency-Key: once"],
            body: body(number),
        }));
        await same("a bad key", (number) => ({
            method: "POST",
            target: "/v1/messages",
            headers: ["Idempotency-Key: a b"],
            body: body(number),
        }));
    });
}

test("privacy, attacked: another's message and none are answered alike, by any method and spelling", async () => {
    const none = "A".repeat(22);
    for (const [who, token] of Object.entries(tokens)) {
        for (const method of METHODS) {
            for (const spell of [(id: string) => id, encode, (id: string) => `${id}?x=1`, (id: string) => `${id}/`]) {
                const answers = new Set<string>();
                for (const id of [...messages, none]) {
                    answers.add(await say(octetsOf({ method, target: `/v1/messages/${spell(id)}` }, token)));
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
                // the second and third time it is acknowledged and dropped, as MQTT-3.3.5-2 wants
                const said = await Promise.race([publisher.octets(8), publisher.end()]);
                answers.add(said.toString("hex"));
                publisher.destroy();
            }
            assert.equal(answers.size, 1, `${round}: ${[...answers].join()}`);
        }
    }
    const stranger = new RawClient(it.gateway.mqttPort);
    stranger.write(connect("p", "token", tokens.stranger!));
    assert.equal((await stranger.end()).length, connack(4).length);
});

const TIMED: [name: string, who: string, known: Question, unknown: Question][] = [
    [
        "a push",
        "sender",
        { method: "POST", target: "/v1/messages", body: `{"to":"${ONLINE}","body":"x"}` },
        { method: "POST", target: "/v1/messages", body: `{"to":"${UNKNOWN}","body":"x"}` },
    ],
    [
        "a number's page",
        "reader",
        { method: "GET", target: `/v1/numbers/${ONLINE}` },
        { method: "GET", target: `/v1/numbers/${UNKNOWN}` },
    ],
    [
        "a removal",
        "admin of others",
        { method: "DELETE", target: `/v1/numbers/${ONLINE}` },
        { method: "DELETE", target: `/v1/numbers/${UNKNOWN}` },
    ],
    [
        "a code",
        "admin of others",
        { method: "POST", target: "/v1/codes", body: `{"number":"${WITH_CODE}"}` },
        { method: "POST", target: "/v1/codes", body: `{"number":"${UNKNOWN}"}` },
    ],
];
for (const [name, who, known, unknown] of TIMED) {
    test(`privacy, attacked: ${name} takes the same time whether the number is known`, async () => {
        const askMs = async ({ method, target, body }: Question) => {
            const startMs = performance.now();
            await it.ask(method, target, { token: tokens[who], body });
            return performance.now() - startMs;
        };
        await takesTheSameTime(
            () => askMs(known),
            () => askMs(unknown),
            300,
        );
    });
}

test("privacy, attacked: a publisher of other numbers is ended as fast whether the number is known", async () => {
    let said = 0;
    const endMs = async (number: string) => {
        const publisher = new RawClient(it.gateway.mqttPort);
        publisher.write(connect(`p${++said}`, "token", tokens.sender!));
        assert.deepEqual(await publisher.octets(4), ACCEPTED);
        const startMs = performance.now();
        publisher.write(publish(1, `to/${number.slice(1)}`, `${said}`)); // none twice
        await publisher.end();
        return performance.now() - startMs;
    };
    await takesTheSameTime(
        () => endMs(AWAY),
        () => endMs(UNKNOWN),
        150,
    );
});

/** Below what one more look-up in the store takes. */
const SAME_MS = 0.015;

/** Lower quartiles of both, which take turns. What the machine does beside it may set them apart once, but not each time. */
async function takesTheSameTime(
    one: () => Promise<number>,
    other: () => Promise<number>,
    count: number,
): Promise<void> {
    const told: string[] = [];
    for (let index = 0; index < count / 2; index++) await Promise.all([one(), other()]); // until the code is warm
    for (let round = 0; round < 4; round++) {
        const times: [number[], number[]] = [[], []];
        for (let index = 0; index < count; index++) {
            times[0].push(await one());
            times[1].push(await other());
        }
        const at = (values: number[], share: number) =>
            values.sort((a, b) => a - b)[Math.floor(values.length * share)]!;
        const apartMs = Math.abs(at(times[0], 0.25) - at(times[1], 0.25));
        const chanceMs = (1.25 * 2 * (at(times[0], 0.5) - at(times[0], 0.25))) / 1.35 / Math.sqrt(count);
        if (apartMs < Math.max(SAME_MS, 2 * chanceMs)) return;
        told.push(`${apartMs.toFixed(3)} ms apart, ${chanceMs.toFixed(3)} ms by chance`);
    }
    assert.fail(told.join("; "));
}
