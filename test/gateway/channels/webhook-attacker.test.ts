import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { type TestContext, before, test } from "node:test";
import { createWebhookChannel, signWebhook } from "../../../gateway/channels/webhook.ts";
import { GatewayError } from "../../../gateway/error.ts";
import type { E164 } from "../../../gateway/number.ts";
import { createHomeAuthority, type Pair } from "../../../gateway/tls/authority.ts";

// --codes-webhook: what its receiver gets, and receivers as an attacker would write them who is after a code or the gateway's end.

const KEY = "a key of more than 16 characters";
const DELIVERY = { number: "+34600111222" as E164, code: "98765432", expiresMs: Date.UTC(2026, 0, 1, 0, 10) };
const TELLTALE = /98765432|600111222/;
/** What these receivers do has no end: a test that waits for it does not end within this, however slow the machine. */
const ENDS = { timeout: 60_000 };

/** A receiver that writes what it likes as soon as a request's first octets are there. */
async function receiver(t: TestContext, answer: (socket: Socket) => void): Promise<{ port: number; got: string[] }> {
    const got: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
        const at = got.push("") - 1;
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("data", (octets: Buffer) => {
            const first = got[at] === "";
            got[at] += octets.toString("latin1");
            if (first) answer(socket);
        });
    });
    return { port: await listen(t, server, sockets), got };
}

async function listen(t: TestContext, server: Server, sockets = new Set<Socket>()): Promise<number> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
    });
    return (server.address() as AddressInfo).port;
}

function channelOf(url: string, timeoutMs = 2_000, signal?: AbortSignal) {
    const lines: string[] = [];
    // as the log gets it, which masks what looks like a number in any case
    const write = (fields: Record<string, unknown>, message: string) =>
        void lines.push(`${message} ${JSON.stringify(fields)}`);
    const log = { info: write, warn: write, error: write };
    const clock = { nowMs: () => Date.UTC(2026, 0, 1) };
    return { channel: createWebhookChannel({ url, key: KEY, clock, log, timeoutMs, signal }), lines };
}

/** Sends; it has to fail with a sentence, and nothing of number, code, key or address is in sentence or log. */
async function failure(url: string, timeoutMs?: number): Promise<string> {
    const { channel, lines } = channelOf(url, timeoutMs);
    const error: unknown = await channel.send(DELIVERY).then(
        () => undefined,
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, "unavailable");
    assert.equal(lines.length, 1);
    for (const text of [error.message, ...lines]) {
        assert.doesNotMatch(text, TELLTALE);
        assert.ok(!text.includes(KEY) && !text.includes("hook-secret"), text);
    }
    return error.message;
}

const status = (line: string, ...headers: string[]) => ["HTTP/1.1 " + line, ...headers, "", ""].join("\r\n");

// Made with: printf '1767225600.{}' | openssl dgst -sha256 -hmac 'a key of more than 16 characters'
test("webhook: the signature is HMAC-SHA256 over timestamp, dot and body", () => {
    const expected = "40df5ccb7f55224f0b00655d6035e4e36fd9a564f336a50b08291324528c1bae";
    assert.equal(signWebhook(KEY, 1767225600, "{}"), expected);
});

test("webhook: number, code and end are posted as JSON, signed and timed, and stand nowhere else", async (t) => {
    const { port, got } = await receiver(t, (socket) => socket.end(status("204 No Content")));
    await channelOf(`http://127.0.0.1:${port}/codes?hook-secret`).channel.send(DELIVERY);
    const [head = "", body = ""] = got[0]!.split("\r\n\r\n");
    assert.doesNotMatch(head, TELLTALE);
    assert.match(head, /^POST \/codes\?hook-secret HTTP\/1\.1\r\n/);
    assert.match(head, /^content-type: application\/json\r$/im);
    assert.match(head, /^toque-timestamp: 1767225600\r$/im);
    assert.equal(/toque-signature: v1=([0-9a-f]{64})/i.exec(head)?.[1], signWebhook(KEY, 1767225600, body));
    const { number, code } = DELIVERY;
    assert.equal(body, JSON.stringify({ number, code, expires: "2026-01-01T00:10:00.000Z" }));
});

test("webhook: the end of the gateway ends what is under way", ENDS, async (t) => {
    const ending = new AbortController();
    const { port } = await receiver(t, () => ending.abort());
    const { channel } = channelOf(`http://127.0.0.1:${port}/`, undefined, ending.signal);
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message: /because the gateway ends/ });
});

for (const code of [301, 302, 303, 307, 308]) {
    test(`webhook, attacked: a ${code} to another host takes neither code nor signature there`, async (t) => {
        const elsewhere = await receiver(t, (socket) => socket.end(status("204 No Content")));
        const { port, got } = await receiver(t, (socket) =>
            socket.end(status(`${code} Moved`, `Location: http://localhost:${elsewhere.port}/`, "Content-Length: 0")),
        );
        assert.match(await failure(`http://127.0.0.1:${port}/`), new RegExp(`answered ${code}`));
        assert.deepEqual([got.length, elsewhere.got.length], [1, 0]);
    });
}

for (const code of [500, 502, 503, 429, 408]) {
    test(`webhook, attacked: a ${code} is reported, and the code is not sent a second time`, async (t) => {
        const { port, got } = await receiver(t, (socket) =>
            socket.end(status(`${code} No`, "Retry-After: 0", "Content-Length: 8") + DELIVERY.code),
        );
        assert.match(await failure(`http://127.0.0.1:${port}/`), new RegExp(`answered ${code}\\. Put it right`));
        assert.equal(got.length, 1);
    });
}

const HOSTILE: [name: string, answer: (socket: Socket) => void, sentence: RegExp][] = [
    ["is silent", () => undefined, /did not answer within/],
    ["hangs up", (socket) => socket.destroy(), /could not be reached/],
    [
        "is reset in its status line",
        (socket) => void (socket.write("HTTP/1."), socket.resetAndDestroy()),
        /could not be reached/,
    ],
    [
        "sends its headers an octet a time",
        (socket) => drip(socket, status("200 OK", `X: ${"x".repeat(5_000)}`)),
        /did not answer within/,
    ],
    [
        "sends headers without end",
        (socket) => pour(socket, "HTTP/1.1 200 OK\r\n", "X: " + "x".repeat(1_000) + "\r\n"),
        /could not be reached/,
    ],
    [
        "sends 103 for ever",
        (socket) => pour(socket, "", status("103 Early Hints", "Link: <x>")),
        /did not answer within|could not be reached/,
    ],
    ["answers with no HTTP", (socket) => socket.end("220 mail.example ESMTP\r\n"), /could not be reached/],
    [
        "answers with another protocol",
        (socket) => socket.end(status("101 Switching", "Upgrade: h2c", "Connection: upgrade")),
        /answered 101|could not be reached/,
    ],
    [
        "asks for a password",
        (socket) => socket.end(status("401 No", "WWW-Authenticate: Basic", "Content-Length: 0")),
        /answered 401/,
    ],
];

/** One octet every 20 ms. */
function drip(socket: Socket, text: string): void {
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++] ?? "x"), 20);
    socket.on("close", () => clearInterval(timer));
}

function pour(socket: Socket, head: string, drop: string): void {
    socket.write(head);
    const timer = setInterval(() => void (socket.writableNeedDrain || socket.write(drop.repeat(10))), 1);
    socket.on("close", () => clearInterval(timer));
}

for (const [name, answer, sentence] of HOSTILE) {
    test(`webhook, attacked: a receiver that ${name} is a sentence, in time`, ENDS, async (t) => {
        const { port } = await receiver(t, answer);
        assert.match(await failure(`http://127.0.0.1:${port}/`, 600), sentence);
    });
}

for (const [name, line] of [
    ["taken", "200 OK"],
    ["refused", "500 No"],
] as const) {
    test(`webhook, attacked: the endless body of a request that was ${name} is not read`, ENDS, async (t) => {
        let written = 0;
        let closed: () => void;
        const ended = new Promise<void>((resolve) => (closed = resolve));
        const { port } = await receiver(t, (socket) => {
            socket.write(status(line, "Transfer-Encoding: chunked"));
            const chunk = "10000\r\n" + "x".repeat(65_536) + "\r\n";
            const timer = setInterval(() => {
                if (!socket.writableNeedDrain && socket.write(chunk)) written += chunk.length;
            }, 1);
            socket.on("close", () => (clearInterval(timer), closed()));
        });
        const url = `http://127.0.0.1:${port}/`;
        if (name === "taken") await channelOf(url, 10 * ENDS.timeout).channel.send(DELIVERY);
        else assert.match(await failure(url, 10 * ENDS.timeout), /answered 500/);
        await ended; // the connection does not stay to be filled, until the time is up
        assert.ok(written < 16 * 1024 * 1024, `${written} octets`);
    });
}

let stranger: Pair;
let impostor: Pair;
before(async () => {
    stranger = (await createHomeAuthority(["elsewhere.test"], Date.now())).gateway;
    impostor = (await createHomeAuthority(["127.0.0.1"], Date.now())).gateway;
});

const CERTIFICATES: [name: string, pair: () => Pair][] = [
    ["of another name, by an unknown authority", () => stranger],
    ["of its name, by an unknown authority", () => impostor],
];
for (const [name, show] of CERTIFICATES) {
    test(`webhook, attacked: a receiver with a certificate ${name}, gets nothing`, async (t) => {
        let requests = 0;
        const { certificate: cert, key } = show();
        const server = createHttps({ cert, key }, (_request, response) => {
            requests++;
            response.end();
        });
        const port = await listen(t, server);
        assert.match(await failure(`https://127.0.0.1:${port}/`), /could not be reached \([A-Z_]+\)/);
        assert.equal(requests, 0);
    });
}
test("webhook, attacked: an https address is not tried without TLS", async (t) => {
    const { port, got } = await receiver(t, (socket) => socket.end(status("204 No Content")));
    assert.match(await failure(`https://127.0.0.1:${port}/`), /could not be reached/);
    assert.doesNotMatch(got.join(""), TELLTALE);
    assert.doesNotMatch(got.join(""), /POST/);
});

test("webhook, attacked: an address with a password in it is neither in the log nor in the sentence", async () => {
    await failure("http://me:hook-secret@127.0.0.1:1/");
});

test("webhook: nobody there ends in a sentence", async (t) => {
    const server = createServer();
    const port = await listen(t, server);
    await new Promise((done) => server.close(done));
    assert.match(await failure(`http://127.0.0.1:${port}/`), /could not be reached \(ECONNREFUSED\)/);
});
