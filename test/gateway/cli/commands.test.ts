import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import mqtt from "mqtt";
import { documentOf, type Served, runToque, serveToque } from "../../support/toque.ts";

let served: Served;
const elsewhere = mkdtempSync(`${tmpdir()}/toque-elsewhere-`);
before(async () => {
    served = await serveToque();
});
after(async () => {
    const { status } = await served.stop();
    rmSync(served.data, { recursive: true, force: true });
    rmSync(elsewhere, { recursive: true, force: true });
    assert.equal(status, 0);
});

/** Runs a command against the gateway of this file. */
const toque = (...words: string[]) => runToque(words, { TOQUE_DATA: served.data });
test("toque number: added, listed, shown, removed", async () => {
    const added = documentOf<Record<string, string>>(
        await toque("number", "add", "600 111 222", "--country", "ES", "--label", "kitchen", "--json"),
    );
    assert.equal(added.number, "+34600111222");
    assert.match(added.secret ?? "", /^[\w-]{22}$/);
    const list = await toque("number", "list");
    assert.match(list.stdout, /^NUMBER +LABEL +BOARD +ADDRESS +LAST SEEN\n\+34600111222 +kitchen +away +never\n$/);
    const { numbers } = documentOf<{ numbers: { route: string }[] }>(await toque("number", "list", "--json"));
    assert.deepEqual(
        numbers.map(({ route }) => route),
        [added.route],
    );
    const shown = await toque("number", "show", "+34600111222");
    assert.match(shown.stdout, /^number +\+34600111222\nlabel +kitchen\nroute +[\w-]{16}\nboard +away\n/);
    assert.equal(
        documentOf<{ lastSequence: number }>(await toque("number", "show", "34600111222", "--json")).lastSequence,
        0,
    );
    assert.equal(
        (await toque("number", "set", "600111222", "--country", "ES", "--label", "hall")).stdout,
        "number  +34600111222\nlabel   hall\n",
    );
    assert.match((await toque("number", "show", "+34600111222")).stdout, /^label +hall$/m);
    assert.equal(
        "label" in documentOf<object>(await toque("number", "set", "+34600111222", "--label", "", "--json")),
        false,
    );
    const removed = await toque("number", "remove", "+34 600 111 222");
    assert.equal(removed.stdout, "+34600111222 is removed; its board is refused from now on.\n");
    assert.match((await toque("number", "list")).stdout, /^No numbers yet/);
});

test("toque number add: for people it prints route and secret; a number that has a board keeps it without --replace", async () => {
    const { stdout } = await toque("number", "add", "+34600111300");
    assert.match(stdout, /^number +\+34600111300\nroute +[\w-]{16}\nsecret +[\w-]{22}\nThe board needs/);
    await toque("send", "+34600111300", "hello");
    const refused = await toque("number", "add", "+34 600 111 300", "--json");
    assert.equal(refused.status, 3);
    const { error } = JSON.parse(refused.stderr) as { error: { code: string; message: string } };
    assert.equal(error.code, "conflict");
    assert.equal(
        error.message,
        "+34600111300 has a board, never connected: it would get nothing more. Messages that wait for it and would be dropped: 1. Add --replace if you want that.",
    );
    assert.doesNotMatch((await toque("number", "add", "+34600111300", "--keep-backlog")).stderr, /dropped/);
    const again = await toque("number", "add", "+34600111300", "--replace");
    assert.match(
        again.stdout,
        /\nThe board that had the number \(route [\w-]{16}\) gets nothing more; .* waited for it: 1\.\n/,
    );
});

test("toque number show and status: boards with one secret, by their chips", async () => {
    const { route, secret } = documentOf<{ route: string; secret: string }>(
        await toque("number", "add", "+34600111560", "--json"),
    );
    const login = { clientId: route, username: route, password: secret, reconnectPeriod: 0 };
    const boards: mqtt.MqttClient[] = [];
    try {
        for (const c of ["aa", "bb", "aa", "bb"]) {
            const board = await mqtt.connectAsync(`mqtt://127.0.0.1:${served.mqttPort}`, login);
            boards.push(board);
            await board.publishAsync(`out/${route}/reg`, JSON.stringify({ c }), { qos: 1 });
        }
        assert.match((await toque("number", "show", "+34600111560")).stdout, /^one secret +chips bb, aa take turns$/m);
        assert.match((await toque("status")).stdout, /^one secret +\+34600111560 \(chips bb, aa\)$/m);
    } finally {
        for (const board of boards) await board.endAsync(true);
    }
});

test("toque code: prints a code of 8 digits", async () => {
    const { status, stdout } = await toque("code", "+34600111600");
    assert.equal(status, 0);
    assert.match(stdout, /^[0-9]{8}\nGood once, until .+Z, for \+34600111600\.\n$/);
});

test("toque token: made, listed, used, revoked", async () => {
    await toque("number", "add", "+34600111700");
    const made = documentOf<{ id: string; token: string }>(
        await toque("token", "add", "sender", "--pattern", "+34600111700", "--label", "door", "--json"),
    );
    const list = await toque("token", "list");
    assert.match(list.stdout, /^ID +ROLE +NUMBERS +LABEL +MADE\n/);
    assert.match(list.stdout, /^\S+ +sender +\+34600111700 +door +\d{4}-/m);
    assert.equal(list.stdout.includes(made.token), false);
    const asSender = { TOQUE_URL: served.url, TOQUE_TOKEN: made.token };
    assert.equal((await runToque(["send", "+34600111700", "ding"], asSender)).status, 0);
    const refused = await runToque(["send", "+34600111701", "ding"], asSender);
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /^toque: This token does not permit that/);
    assert.match((await toque("token", "remove", made.id)).stdout, /is revoked\.\n$/);
    assert.match(
        (await runToque(["send", "+34600111700", "ding"], asSender)).stderr,
        /^toque: The gateway does not know this token/,
    );
});

test("toque status: for people and as JSON", async () => {
    assert.match((await toque("status")).stdout, /^version +\d+\.\d+\.\d+\nrunning since +.+Z\nboards online +0\n/);
    assert.deepEqual(documentOf<{ flapping: [] }>(await toque("status", "--json")).flapping, []);
});

test("toque: --url and --token name gateway and token too, and win over the environment", async () => {
    const { token } = documentOf<{ token: string }>(await toque("token", "add", "reader", "--json"));
    const wrong = { TOQUE_URL: "http://127.0.0.1:1", TOQUE_TOKEN: "wrong", TOQUE_DATA: elsewhere };
    const { status } = await runToque(["status", "--url", `${served.url}/`, "--token", token], wrong);
    assert.equal(status, 0);
});

const REFUSED: [name: string, words: string[], status: number, sentence: RegExp][] = [
    ["an unknown number", ["send", "+34699999999", "x"], 3, /^toque: .+number.+\n$/],
    [
        "a national number without its country",
        ["send", "600111222", "x"],
        3,
        /^toque: This number has no country code.+--country ES\.\n$/,
    ],
    ["no number", ["send", "", "x"], 3, /^toque: "to" must not be empty\.\n$/],
    ["a message too large", ["send", "+34600111300", "x".repeat(5_000)], 3, /^toque: .+\.\n$/],
    ["an unknown message", ["message", "../numbers"], 3, /^toque: There is no such message.+\n$/],
    [
        "a duration that is none",
        ["send", "+34600111300", "x", "--ttl", "soon"],
        2,
        /^toque: "soon" is not a duration: use 90s, 10m, 2h or 7d\.\n$/,
    ],
    ["no text", ["send", "+34600111300"], 2, /^toque: The text is missing: /],
    [
        "a text in two words",
        ["send", "+34600111300", "hello", "world"],
        2,
        /^toque: too many arguments for 'send': quote a text/,
    ],
    [
        "a misspelled option",
        ["send", "+34600111300", "--wiat"],
        2,
        /^toque: unknown option '--wiat'\n\(Did you mean --wait\?\)/,
    ],
    ["an unknown command", ["push"], 2, /^toque: unknown command 'push'/],
    ["one of a token", ["tokens"], 2, /\n\(Did you mean token\?\)/],
    ["one of a number", ["nummber"], 2, /\n\(Did you mean number\?\)/],
    ["one of a board", ["emulator"], 2, /\n\(Did you mean emulate\?\)/],
    ["an unknown option", ["status", "--verbose"], 2, /^toque: unknown option '--verbose'/],
    [
        "an address that is none",
        ["status", "--url", "gateway"],
        2,
        /^toque: "gateway" is not an address: write it as http/,
    ],
    ["a token that cannot be one", ["status", "--token", "a b"], 2, /^toque: This is not a token/],
    ["a wrong token", ["status", "--token", "wrong"], 3, /^toque: The gateway does not know this token/],
    [
        "nobody there",
        ["status", "--url", "http://127.0.0.1:1"],
        4,
        /^toque: There is no gateway at http:\/\/127\.0\.0\.1:1: start it with "toque serve"/,
    ],
];
for (const [name, words, status, sentence] of REFUSED) {
    test(`toque: ${name} ends with a sentence on standard error and exit code ${status}`, async () => {
        const ended = await toque(...words);
        assert.match(ended.stderr, sentence);
        assert.equal(ended.status, status);
        assert.equal(ended.stdout, "");
        assert.doesNotMatch(ended.stderr, /^\s+at /m);
    });
}

test("toque --json: an error is JSON with its code, on standard error", async () => {
    const errors: [words: string[], status: number, code: string][] = [
        [["send", "+34699999999", "x"], 3, "unknown_number"],
        [["status", "--verbose"], 2, "usage"],
        [["status", "--url", "http://127.0.0.1:1"], 4, "unreachable"],
    ];
    for (const [words, status, code] of errors) {
        const ended = await toque(...words, "--json");
        assert.deepEqual([ended.status, ended.stdout], [status, ""]);
        const { error } = JSON.parse(ended.stderr) as { error: { code: string; message: string } };
        assert.equal(error.code, code);
        assert.match(error.message, /^.{10,}$/);
    }
});

test("toque: without a gateway's folder it names the token that it lacks, and sends none elsewhere", async () => {
    const { status, stderr } = await runToque(["status"], { TOQUE_URL: served.url, TOQUE_DATA: elsewhere });
    assert.equal(status, 2);
    assert.match(stderr, /^toque: No token: there is no file .+admin-token to be read/);
    const abroad = await runToque(["status"], { TOQUE_URL: "http://192.0.2.1:8080" }, elsewhere);
    assert.equal(abroad.status, 2);
    assert.match(abroad.stderr, /^toque: Which token is for http:\/\/192\.0\.2\.1:8080\?/);
    const looksLocal = await runToque(["status"], { TOQUE_URL: "http://127.0.0.example:8080" }, elsewhere);
    assert.match(looksLocal.stderr, /^toque: Which token is for http:\/\/127\.0\.0\.example:8080\?/);
});

test("toque: help and version", async () => {
    const help = await runToque(["--help"]);
    assert.equal(help.status, 0);
    assert.match((await runToque(["send", "--help"])).stdout, /Exit codes: 0 done, 2 .+, 3 .+, 4 .+, 5 /);
    for (const word of ["serve", "number", "code", "send", "message", "token", "status", "emulate"]) {
        assert.match(help.stdout, new RegExp(`^  ${word} `, "m"));
    }
    assert.match((await runToque(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
    const none = await runToque([]);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /Usage: toque/);
});
