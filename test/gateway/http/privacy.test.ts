import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";

let it: RunningGateway;
before(async () => {
    it = await runGateway();
});
after(() => it.stop());

/** One number in every typed form, and other input that must stay out of the log. */
const DIGITS = "611222333";
const TYPED = [
    "+34611222333",
    "34611222333",
    "+34 611 222 333",
    "(611) 222-333",
    "611.222.333",
    "６１１２２２３３３",
    "+٣٤٦١١٢٢٢٣٣٣",
    '+34611222333\n{"level":"error"}',
    "%2B34611222333",
    "x+34611222333",
    "+34611222333".repeat(5),
];
const SECRETS = ["5ecret-body-text", "5ecret-title", "5ecret-key"];

/** Sends octets and waits for the end of the connection. */
async function sendRaw(octets: string): Promise<void> {
    const client = new RawClient(it.gateway.httpPort);
    client.write(Buffer.from(octets, "latin1"));
    await client.end();
}

test("privacy: each hostile input leaves one line of JSON in the log, without a number, token, secret or text", async () => {
    const secrets = [...SECRETS, it.token];
    let inputs = 0;
    const ask = async (...words: Parameters<RunningGateway["ask"]>) => {
        inputs++;
        return it.ask<Record<string, string>>(...words);
    };
    const [body, title, collapseKey] = SECRETS;
    for (const typed of TYPED) {
        const path = encodeURIComponent(typed);
        const { secret, code, token } = {
            ...(await ask("POST", "/v1/numbers", { body: { number: typed, country: "ES", label: typed } })).body,
            ...(await ask("POST", "/v1/codes", { body: { number: typed, country: "ES" } })).body,
            ...(await ask("POST", "/v1/tokens", { body: { role: "sender", pattern: typed, label: typed } })).body,
        };
        secrets.push(...[secret, code, token].filter((text) => text !== undefined));
        await ask("POST", "/v1/messages", { body: { to: typed, country: "ES", body, title, collapseKey } });
        await ask("POST", "/v1/messages", { body: { to: typed, [typed]: typed } });
        await ask("POST", "/v1/messages", { body: typed });
        await ask("GET", `/v1/numbers/${path}`);
        await ask("GET", `/v1/numbers/${path}?country=ES&${path}=${path}`);
        await ask("GET", `/v1/numbers?after=${path}`);
        await ask("GET", `/v1/messages/${path}`);
        await ask("GET", `/${path}`, { token: "" });
        await ask("DELETE", `/v1/numbers/${path}`);
        await ask("GET", "/v1/status", { token: DIGITS, headers: { "User-Agent": DIGITS, Referer: DIGITS } });
        await sendRaw(`GET /v1/numbers/%zz${DIGITS} HTTP/1.1\r\nHost: ${DIGITS}\r\nConnection: close\r\n\r\n`);
        await sendRaw(`PUSH +34${DIGITS}\r\n\r\n`);
        inputs += 2;
    }
    const lines = it.lines.filter((line) => line.includes('"msg":"request"') || line.includes("not an HTTP request"));
    assert.ok(lines.length >= inputs - 2 * TYPED.length, `${lines.length} lines for ${inputs} inputs`);
    for (const line of it.lines) {
        assert.equal(line.indexOf("\n"), line.length - 1);
        JSON.parse(line);
        const digits = line.normalize("NFKC").replace(/[٠-٩]/g, (digit) => String("٠١٢٣٤٥٦٧٨٩".indexOf(digit)));
        assert.equal(digits.replace(/[^0-9a-z]/gi, "").includes("1122233"), false, line);
        for (const secret of secrets) assert.equal(line.includes(secret), false, line);
    }
});
