import assert from "node:assert/strict";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createWebhookChannel, signWebhook } from "../../../gateway/channels/webhook.ts";
import { createLog } from "../../../gateway/system/log.ts";
import type { E164 } from "../../../gateway/number.ts";

const KEY = "a key of more than 16 characters";
const DELIVERY = { number: "+34600111222" as E164, code: "12345678", expiresMs: Date.UTC(2026, 0, 1, 0, 10) };

interface Got {
    headers: IncomingMessage["headers"];
    body: string;
}

/** A receiver on a port of its own, and a channel to it. */
async function receiver(t: TestContext, answer: (response: ServerResponse) => void, timeoutMs = 5_000) {
    const got: Got[] = [];
    const server = createServer((request, response) => {
        let body = "";
        request.setEncoding("utf8").on("data", (text: string) => (body += text));
        request.on("end", () => {
            got.push({ headers: request.headers, body });
            answer(response);
        });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    t.after(() => {
        server.closeAllConnections();
        server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/codes`;
    const clock = { nowMs: () => Date.UTC(2026, 0, 1) };
    const ending = new AbortController();
    const { signal } = ending;
    const channel = createWebhookChannel({ url, key: KEY, clock, log: createLog("silent"), signal, timeoutMs });
    return { channel, got, server, ending };
}

// Made with: printf '1767225600.{}' | openssl dgst -sha256 -hmac 'a key of more than 16 characters'
test("webhook: the signature is HMAC-SHA256 over timestamp, dot and body", () => {
    const expected = "40df5ccb7f55224f0b00655d6035e4e36fd9a564f336a50b08291324528c1bae";
    assert.equal(signWebhook(KEY, 1767225600, "{}"), expected);
});

test("webhook: number, code and end are posted as JSON, signed and timed", async (t) => {
    const { channel, got } = await receiver(t, (response) => response.writeHead(204).end());
    await channel.send(DELIVERY);
    const { headers, body } = got[0]!;
    assert.deepEqual(JSON.parse(body), {
        number: "+34600111222",
        code: "12345678",
        expires: "2026-01-01T00:10:00.000Z",
    });
    assert.equal(headers["toque-timestamp"], "1767225600");
    assert.equal(headers["toque-signature"], `v1=${signWebhook(KEY, 1767225600, body)}`);
    assert.equal(headers["content-type"], "application/json");
});

test("webhook: a refusal ends in a sentence without the code", async (t) => {
    const { channel } = await receiver(t, (response) => response.writeHead(500).end("12345678"));
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message: /answered 500\. Put it right/ });
});

test("webhook: a redirect is not followed: the code goes nowhere else", async (t) => {
    const { channel, got } = await receiver(t, (response) => response.writeHead(307, { Location: "/elsewhere" }).end());
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message: /answered 307/ });
    assert.equal(got.length, 1);
});

test("webhook: no answer in time ends in a sentence", { timeout: 8_000 }, async (t) => {
    const { channel } = await receiver(t, () => undefined, 200);
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message: /did not answer within 0\.2 s/ });
});

test("webhook: nobody there ends in a sentence", async (t) => {
    const { channel, server } = await receiver(t, () => undefined);
    await new Promise((done) => server.close(done));
    await assert.rejects(channel.send(DELIVERY), {
        code: "unavailable",
        message: /could not be reached \(ECONNREFUSED\)/,
    });
});

test("webhook: the end of the gateway ends what is under way", { timeout: 4_000 }, async (t) => {
    const { channel, ending } = await receiver(t, () => ending.abort());
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message: /because the gateway ends/ });
});
