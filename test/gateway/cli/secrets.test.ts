import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mqtt from "mqtt";
import { type Ended, type Served, runToque, serveToque } from "../../support/toque.ts";

// Every command, as it succeeds and as it fails: a secret is on the screen of the one command that is there to show it, and nowhere else.

const FOLDER = mkdtempSync(join(tmpdir(), "toque-secrets-"));
const KNOWN = "+34600444555"; // not the one of our examples
const STRANGE = "+34699888777";
const WRONG_TOKEN = "wrong-token-of-the-test";
const PASSWORD = "pass-word-of-the-test";
const HOOK_KEY = "key of the webhook of the test";
const HOOK_QUERY = "query-of-the-webhook";
const BODY = "a text for one person";

/** What must not be printed: its name, and its text. */
const secrets = new Map<string, string>([
    ["number", KNOWN.slice(4)],
    ["strange number", STRANGE.slice(4)],
    ["wrong token", WRONG_TOKEN],
    ["password", PASSWORD],
    ["webhook key", HOOK_KEY],
    ["webhook query", HOOK_QUERY],
    ["body", BODY],
]);
let served: Served;
let hook: Server;
let other: Server;
let messageId = "";
let route = "";
let secret = "";

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const toque = (...words: string[]) => runToque(words, { TOQUE_DATA: served.data });

/** The secrets that were printed, but for those that may be. */
function printedBy({ stdout, stderr }: Pick<Ended, "stdout" | "stderr">, ...allowed: string[]): string[] {
    const hidden = [...secrets].filter(([name]) => !allowed.includes(name));
    return [
        ...hidden.filter(([, text]) => stdout.includes(text)).map(([name]) => `${name} on standard output`),
        ...[...secrets].filter(([, text]) => stderr.includes(text)).map(([name]) => `${name} on standard error`),
    ];
}

before(async () => {
    hook = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
            secrets.set("code by webhook", (JSON.parse(body) as { code: string }).code);
            response.writeHead(204).end();
        });
    }).listen(0, "127.0.0.1");
    other = createServer((_request, response) => response.writeHead(500).end("not Toque")).listen(0, "127.0.0.1");
    await Promise.all([once(hook, "listening"), once(other, "listening")]);
    writeFileSync(join(FOLDER, "key"), HOOK_KEY);
    writeFileSync(join(FOLDER, "short"), HOOK_KEY.slice(0, 3));
    const webhook = `http://127.0.0.1:${portOf(hook)}/codes?${HOOK_QUERY}`;
    served = await serveToque(["--codes-webhook", webhook, "--codes-webhook-key", join(FOLDER, "key")]);
    secrets.set("admin token", readFileSync(served.adminTokenFile, "utf8").trim());
});
after(() => {
    hook.close();
    other.close();
    rmSync(FOLDER, { recursive: true, force: true });
    rmSync(served.data, { recursive: true, force: true });
});

test("secrets: a board's secret, a code and a token are shown once, by the command that makes them", async () => {
    const added = await toque("number", "add", KNOWN, "--json");
    ({ route, secret } = JSON.parse(added.stdout) as { route: string; secret: string });
    assert.deepEqual(printedBy(added, "number"), []);
    secrets.set("secret", secret);
    assert.deepEqual(printedBy(added, "number"), ["secret on standard output"], "the search finds what is there");
    const code = await toque("code", STRANGE, "--channel", "print", "--json");
    assert.deepEqual(printedBy(code, "strange number"), []);
    secrets.set("code", (JSON.parse(code.stdout) as { code: string }).code);
    const token = await toque("token", "add", "sender", "--pattern", KNOWN, "--label", "door", "--json");
    assert.deepEqual(printedBy(token, "number"), []);
    secrets.set("token", (JSON.parse(token.stdout) as { token: string }).token);
    const sent = await toque("send", KNOWN, BODY, "--json");
    assert.deepEqual(printedBy(sent, "number"), []);
    messageId = (JSON.parse(sent.stdout) as { id: string }).id;
    const byHook = await toque("code", "+34600111333", "--channel", "webhook");
    assert.equal(byHook.status, 0, byHook.stderr);
    assert.match(secrets.get("code by webhook") ?? "", /^\d{8}$/);
    assert.deepEqual(printedBy(byHook), []);
});

// What else succeeds; a command about a number may print it.
const SUCCESSES: [words: () => string[], allowed: string[]][] = [
    [() => ["number", "list"], ["number"]],
    [() => ["number", "show", KNOWN, "--json"], ["number"]],
    [() => ["message", messageId, "--json"], ["number"]],
    [() => ["token", "list"], ["number"]],
    [() => ["status", "--json"], []],
    [() => ["tls", "init", "--data", join(FOLDER, "tls"), "--name", "127.0.0.1"], []],
];
for (const [words, allowed] of SUCCESSES) {
    test(`secrets: toque ${words().join(" ").replace(FOLDER, "")} tells none`, async () => {
        const ended = await toque(...words());
        assert.equal(ended.status, 0, ended.stderr);
        assert.deepEqual(printedBy(ended, ...allowed), []);
        assert.doesNotMatch(ended.stdout, /PRIVATE KEY/);
    });
}

const COMMANDS = [
    ["number", "add", KNOWN],
    ["number", "list"],
    ["number", "show", KNOWN],
    ["number", "rotate", KNOWN],
    ["number", "remove", KNOWN],
    ["code", KNOWN],
    ["send", KNOWN, BODY],
    ["message", "some-message"],
    ["token", "add", "sender"],
    ["token", "list"],
    ["token", "remove", "some-token"],
    ["status"],
];

test("secrets: no help tells what is in the environment", async () => {
    const environment = { TOQUE_TOKEN: WRONG_TOKEN, TOQUE_URL: `http://me:${PASSWORD}@127.0.0.1:1` };
    for (const words of [[], ["number", "add"], ["send"], ["serve"], ["emulate"]]) {
        assert.deepEqual(printedBy(await runToque([...words, "--help"], environment)), [], words.join(" "));
    }
});

/** Ways to fail that every command has, by the flags and variables that it gets. */
const FAILURES: [name: string, environment: () => Record<string, string>, sentence: RegExp][] = [
    [
        "a wrong token",
        () => ({ TOQUE_URL: served.url, TOQUE_TOKEN: WRONG_TOKEN }),
        /^toque: The gateway does not know this token/,
    ],
    [
        "a token without the right",
        () => ({ TOQUE_URL: served.url, TOQUE_TOKEN: secrets.get("token")! }),
        /^toque: (This token does not permit that|There is no such message)/,
    ],
    [
        "no gateway",
        () => ({ TOQUE_URL: "http://127.0.0.1:1", TOQUE_TOKEN: WRONG_TOKEN }),
        /^toque: There is no gateway at/,
    ],
    [
        "something else there",
        () => ({ TOQUE_URL: `http://127.0.0.1:${portOf(other)}`, TOQUE_TOKEN: WRONG_TOKEN }),
        /^toque: http:\/\/127\.0\.0\.1:\d+ answered 500, not as Toque does/,
    ],
    [
        "a password in the address",
        () => ({ TOQUE_URL: `http://me:${PASSWORD}@127.0.0.1:1`, TOQUE_TOKEN: WRONG_TOKEN }),
        /^toque: The gateway's address has a user name, a password or a query in it, which Toque does not use: write it as http:\/\/192/,
    ],
    [
        "an address that is none, with a password",
        () => ({ TOQUE_URL: `me:${PASSWORD}@127.0.0.1:1`, TOQUE_TOKEN: WRONG_TOKEN }),
        /^toque: The address in --url or TOQUE_URL is not an address: write it as/,
    ],
    ["a token that is none", () => ({ TOQUE_TOKEN: `${WRONG_TOKEN} ` }), /^toque: This is not a token/],
];
for (const [index, [name, environment, sentence]] of FAILURES.entries()) {
    test(`secrets: no command that fails for ${name} tells one`, async () => {
        // All commands share one way to the gateway: each failure meets two of them, and each command one failure or two.
        for (const words of COMMANDS.filter((_, at) => at % 6 === index % 6)) {
            const ended = await runToque(words, environment());
            assert.match(ended.stderr, sentence, words.join(" "));
            assert.notEqual(ended.status, 0);
            assert.deepEqual([ended.stdout, printedBy(ended)], ["", []], words.join(" "));
        }
    });
}

// Mistyped words: what somebody meant as a token or a number is not printed again.
const MISTYPED: [words: string[], sentence: RegExp][] = [
    [["status", `--tokne=${WRONG_TOKEN}`], /^toque: unknown option '--tokne'\n/],
    [["status", "--tokne", WRONG_TOKEN], /^toque: unknown option '--tokne'/],
    [["number", "shwo", KNOWN], /^toque: unknown command 'shwo'\n\(Did you mean show\?\)/],
    [[WRONG_TOKEN, "status"], /^toque: unknown command '…'/],
    [["status", WRONG_TOKEN], /^toque: too many arguments/],
    [["send", STRANGE.slice(3), BODY], /^toque: This number has no country code/],
    [["send", KNOWN, BODY, "--ttl", "soon"], /^toque: "soon" is not a duration/],
    [["send", KNOWN, BODY.repeat(300)], /^toque: /],
    [["number", "show", STRANGE], /^toque: /],
    [["number", "add", `${STRANGE}0000000000`], /^toque: /],
    [["code", STRANGE, "--channel", "pigeon"], /^toque: /],
    [["token", "add", "sender", "--pattern", `${KNOWN}?`], /^toque: /],
    [["message", WRONG_TOKEN], /^toque: /],
    [
        ["status", "--url", `http://me:${PASSWORD}@host:99999`],
        /^toque: The address in --url or TOQUE_URL is not an address/,
    ],
    [
        ["serve", "--codes-webhook", `http://me:${PASSWORD}@127.0.0.1:1/`],
        /^toque: --codes-webhook must have no user name/,
    ],
    [
        ["serve", "--codes-webhook", `http://127.0.0.1/?${HOOK_QUERY}`],
        /^toque: Give --codes-webhook and --codes-webhook-key/,
    ],
    [
        ["serve", "--codes-webhook", `http://127.0.0.1/?${HOOK_QUERY}`, "--codes-webhook-key", join(FOLDER, "short")],
        /^toque: The file of --codes-webhook-key must hold 16 characters or more/,
    ],
    [["serve", "--codes-command", `send "${PASSWORD}`], /^toque: --codes-command has a quotation mark/],
    [
        ["serve", "--tls-cert", join(FOLDER, "key"), "--tls-key", join(FOLDER, "key")],
        /^toque: The certificate .+ cannot be used/,
    ],
    [["emulate", KNOWN, "--secret", PASSWORD], /^Give --route and --secret/],
    [["emulate", KNOWN, "--route", "R", "--secret", PASSWORD, `--tokne=${WRONG_TOKEN}`], /^Unknown option '--tokne'/],
    [["emulate", `${KNOWN}00000000000`, "--route", "R", "--secret", PASSWORD], /^This is not a phone number/],
    [
        ["emulate", "--fleet", "1", "--url", `http://me:${PASSWORD}@127.0.0.1:1`, "--token", WRONG_TOKEN],
        /^--url: give http/,
    ],
];
for (const [words, sentence] of MISTYPED) {
    const name = words.map((word) => word.replace(FOLDER, "").slice(0, 40)).join(" ");
    test(`secrets: toque ${name} tells none`, async () => {
        const own =
            words[0] === "serve" ? ["--data", join(FOLDER, "data"), "--mqtt-port", "0", "--http-port", "0"] : [];
        const ended = await toque(...words, ...own);
        assert.match(ended.stderr, sentence);
        assert.notEqual(ended.status, 0);
        assert.deepEqual(printedBy(ended), []);
    });
}

test("secrets: none is in the gateway's file, on its screen or in its log after any connection", async () => {
    const connect = (password: string, clientId = route) => {
        const address = `mqtt://127.0.0.1:${served.mqttPort}`;
        const client = mqtt.connect(address, { clientId, username: clientId, password, reconnectPeriod: 0 });
        client.on("error", () => {});
        return new Promise<void>((done) => client.on("connect", () => done()).on("close", () => done())).then(() =>
            client.endAsync(true),
        );
    };
    await connect(secret);
    await connect(PASSWORD);
    await connect(WRONG_TOKEN, "somebody");
    await connect(secrets.get("admin token")!, STRANGE.slice(1));
    await fetch(`${served.url}/v1/numbers/${KNOWN}?token=${PASSWORD}`, { headers: { Authorization: WRONG_TOKEN } });
    assert.deepEqual(printedBy({ stdout: readFileSync(join(served.data, "gateway.json"), "utf8"), stderr: "" }), []);
    const { status, stdout, stderr } = await served.stop();
    assert.equal(status, 0);
    assert.ok(stderr.split("\n").length > 5);
    assert.deepEqual(printedBy({ stdout, stderr }), []);
});
