import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mqtt from "mqtt";
import { documentOf, type Served, runToque, serveToque, spawnToque } from "../../support/toque.ts";

let served: Served;
before(async () => {
    served = await serveToque();
});
after(async () => {
    const { status } = await served.stop();
    rmSync(served.data, { recursive: true, force: true });
    assert.equal(status, 0);
});

/** Runs a command against the gateway of this file. */
const toque = (...words: string[]) => runToque(words, { TOQUE_DATA: served.data });
test("toque send and message: accepted, and its receipt", async () => {
    await toque("number", "add", "+34600111400");
    const flags = ["--title", "T", "--urgency", "high", "--ttl", "2h", "--collapse-key", "k"];
    const sent = documentOf<{ id: string; sequence: number; state: string }>(
        await toque("send", "+34600111400", "Café €5 😀", ...flags, "--json"),
    );
    assert.equal(sent.state, "accepted");
    assert.match((await toque("send", "+34600111400", "now")).stdout, /^board +never connected$/m);
    const text = await toque("message", sent.id);
    assert.match(
        text.stdout,
        /^message +[\w-]+\nto +\+34600111400\nsequence +1\nstate +accepted\n\d{4}-.+Z +accepted\n$/,
    );
    const receipt = documentOf<{ history: { state: string }[] }>(await toque("message", sent.id, "--json"));
    assert.deepEqual(
        receipt.history.map(({ state }) => state),
        ["accepted"],
    );
});

test("toque send --wait: reports that the board has not acknowledged in time", async () => {
    await toque("number", "add", "+34600111500");
    const { status, stdout, stderr } = await toque("send", "+34600111500", "hello", "--wait", "1s");
    assert.equal(status, 5);
    assert.match(stdout, /^message /);
    assert.match(
        stderr,
        /^toque: The board, never connected, has not acknowledged it within 1 s\. It still waits at the gateway\.\n$/,
    );
});

test("toque send --wait: ends with 0 as soon as the board has it; what the board reports of its application is shown", async () => {
    const { route, secret } = documentOf<{ route: string; secret: string }>(
        await toque("number", "add", "+34600111550", "--json"),
    );
    const address = `mqtt://127.0.0.1:${served.mqttPort}`;
    const board = mqtt.connect(address, { clientId: route, username: route, password: secret, reconnectPeriod: 0 });
    try {
        await new Promise((connected) => board.once("connect", connected));
        await board.subscribeAsync(`in/${route}`, { qos: 1 });
        const { status, stdout, stderr } = await toque("send", "+34600111550", "hello", "--wait", "20s");
        assert.equal(stderr, "");
        assert.match(stdout, /^state +delivered$/m);
        assert.equal(status, 0);
        await board.publishAsync(`out/${route}/reg`, JSON.stringify({ p: "Error: no display" }), { qos: 1 });
        const { stdout: shown } = await toque("number", "show", "+34600111550");
        assert.match(shown, /^board +online$/m);
        assert.match(shown, /^application +Error: no display$/m);
        assert.match((await toque("status")).stdout, /^no application +\+34600111550 \(Error: no display\)$/m);
    } finally {
        await board.endAsync(true);
    }
    const later = await toque("send", "+34600111550", "later", "--json", "--wait", "0");
    assert.match(
        later.stderr,
        /^\{"error":\{"code":"not_delivered","message":"The board, away since \d{4}-.+Z, has not acknowledged .+"\}\}\n$/,
    );
});

// The text, and what it is on standard input.
const TEXTS: [text: string, input: string, sent: string][] = [
    ["-5 °C outside", "", "-5 °C outside"],
    ["-5", "", "-5"],
    ["--wait is an option", "", "--wait is an option"],
    ["-h is one, too", "", "-h is one, too"],
    ["-", "two\nlines é\n", "two\nlines é"],
];
test("toque send: a text may begin with a hyphen, and - takes it from standard input", async () => {
    const { route, secret } = documentOf<{ route: string; secret: string }>(
        await toque("number", "add", "+34600111800", "--json"),
    );
    for (const [text, input] of TEXTS) {
        const words = ["send", "+34600111800", text, "--title", "- a title"];
        const { status, stderr } = await spawnToque(words, { TOQUE_DATA: served.data }, undefined, input).ended;
        assert.equal(status, 0, stderr);
    }
    const board = mqtt.connect(`mqtt://127.0.0.1:${served.mqttPort}`, {
        clientId: route,
        username: route,
        password: secret,
    });
    const got: [text: string, title: string][] = [];
    const all = new Promise<void>((resolve) => {
        board.on("message", (_topic, payload) => {
            const push = JSON.parse(payload.toString()) as { n?: number; b: string; t: string };
            if (push.n !== undefined && got.push([push.b, push.t]) === TEXTS.length) resolve();
        });
    });
    await board.subscribeAsync(`in/${route}`, { qos: 1 });
    await all;
    await board.endAsync(true);
    assert.deepEqual(
        got,
        TEXTS.map(([, , sent]) => [sent, "- a title"]),
    );
});

test("toque send to many numbers: a line for each, and exit code 3 if one was refused", async () => {
    await toque("number", "add", "+34600111910");
    await toque("number", "add", "+34600111920");
    const both = await toque("send", "+34600111910, +34 600 111 920", "hello");
    assert.equal(both.stderr, "");
    assert.match(
        both.stdout,
        /^number +state +message\n\+34600111910 +accepted +[\w-]+\n\+34600111920 +accepted +[\w-]+\n$/,
    );

    const some = await toque("send", "+34600111910,+34600111911", "hello");
    assert.equal(some.status, 3);
    assert.match(some.stdout, /\n\+34600111910 +accepted +[\w-]+\n\+34600111911 +refused +[A-Z].+\n$/);
    assert.equal(
        some.stderr,
        "toque: 1 of 2 numbers were refused: their lines have the reason. The others are accepted.\n",
    );
    const json = await toque("send", "+34600111910,+34600111911", "hello", "--json");
    const { results } = JSON.parse(json.stdout) as { results: { to: string; error?: { code: string } }[] };
    assert.deepEqual(
        results.map(({ to, error }) => [to, error?.code]),
        [
            ["+34600111910", undefined],
            ["+34600111911", "unknown_number"],
        ],
    );
    assert.match(json.stderr, /^\{"error":\{"code":"refused","message":"1 of 2 /);
    assert.equal((await toque("send", "+34600111911,+34600111912", "hello")).status, 3);
});

test("toque send --to-file: a number a line", async () => {
    await toque("number", "add", "+34600111930");
    await toque("number", "add", "+34600111940");
    const file = join(served.data, "numbers.txt");
    writeFileSync(file, "\uFEFF+34600111930\r\n\n600 111 940\n");
    const sent = documentOf<{ results: { to: string; state: string }[] }>(
        await toque("send", "--to-file", file, "hello", "--country", "ES", "--json"),
    );
    assert.deepEqual(
        sent.results.map(({ to, state }) => [to, state]),
        [
            ["+34600111930", "accepted"],
            ["+34600111940", "accepted"],
        ],
    );
    const longer = join(served.data, "longer.txt");
    writeFileSync(longer, "+34600111930\n".repeat(1_001));
    const REFUSED: [words: string[], sentence: RegExp][] = [
        [["--to-file", file, "+34600111930", "hello"], /the numbers are in the file/],
        [["--to-file", file, "hello", "--wait"], /--wait waits for one board/],
        [["--to-file", longer, "hello"], /These are 1001 numbers: send to at most 1000/],
        [["--to-file", join(served.data, "none.txt"), "hello"], /cannot be read \(ENOENT\)/],
        [[",", "hello"], /no number to send to/],
        [["+34600111930"], /The text is missing/],
    ];
    for (const [words, sentence] of REFUSED) {
        const { status, stdout, stderr } = await toque("send", ...words);
        assert.match(stderr, sentence);
        assert.deepEqual([status, stdout], [2, ""]);
    }
});
