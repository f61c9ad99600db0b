import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createCommandChannel } from "../../../gateway/channels/command.ts";
import { createLog } from "../../../gateway/system/log.ts";
import type { E164 } from "../../../gateway/number.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "toque-command-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const DELIVERY = { number: "+34600111222" as E164, code: "12345678", expiresMs: 0 };

function channelOf(words: string[], timeoutMs = 10_000) {
    const lines: string[] = [];
    const log = createLog("info", { write: (line: string) => void lines.push(line) });
    const ending = new AbortController();
    return { channel: createCommandChannel({ words, log, signal: ending.signal, timeoutMs }), lines, ending };
}

/** What a shell would not leave as it is. */
const MARKS = ["$(touch x) `touch x`", "; touch x", "| touch x", "a\nb", "*", "~", "$TOQUE_CODE", "&&", ">x", "-"];

/** A program that runs this script; arguments follow in process.argv from 1 on. */
const node = (script: string, ...words: string[]) => [process.execPath, "-e", script, ...words];

test("code by command: the program gets number and code in arguments and in its environment, and no shell reads them", async () => {
    const path = join(FOLDER, "given.json");
    process.env.TOQUE_TOKEN = "not for programs";
    const script = `require("fs").writeFileSync(process.argv[1], JSON.stringify({ words: process.argv.slice(2), environment: process.env }))`;
    const { channel } = channelOf(node(script, path, "{number}", "Code: {code}, {code}", ...MARKS));
    try {
        await channel.send(DELIVERY);
    } finally {
        delete process.env.TOQUE_TOKEN;
    }
    const given = JSON.parse(readFileSync(path, "utf8")) as { words: string[]; environment: Record<string, string> };
    assert.deepEqual(given.words, ["+34600111222", "Code: 12345678, 12345678", ...MARKS]);
    assert.equal(existsSync("x"), false);
    assert.equal(given.environment.TOQUE_NUMBER, "+34600111222");
    assert.equal(given.environment.TOQUE_CODE, "12345678");
    const others = Object.keys(given.environment).filter(
        (name) => !/^(PATH|HOME|LANG|TOQUE_NUMBER|TOQUE_CODE)$/.test(name),
    );
    assert.deepEqual(others, []);
});

test("code by command: a program that is killed ends in a sentence without the code", async () => {
    const { channel } = channelOf(node("process.kill(process.pid, 'SIGTERM')"));
    const message = /--codes-command ended with SIGTERM\.(?!.*(12345678|600111222))/;
    await assert.rejects(channel.send(DELIVERY), { code: "unavailable", message });
});

test("code by command: what the program complained is logged, bounded, without code and number", async () => {
    const script = `console.error("no modem for " + process.env.TOQUE_NUMBER + " " + process.env.TOQUE_CODE + "x".repeat(100000)); process.exit(1)`;
    const { channel, lines } = channelOf(node(script));
    await assert.rejects(channel.send(DELIVERY));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /no modem for/);
    assert.doesNotMatch(lines[0] ?? "", /12345678|600111222/);
    assert.ok((lines[0] ?? "").length < 2_000);
});

test(
    "code by command: a program that does not end is ended, and whatever it started",
    { timeout: 10_000 },
    async () => {
        const alive = join(FOLDER, "alive");
        const child = `setTimeout(() => require("fs").writeFileSync(${JSON.stringify(alive)}, ""), 1500)`;
        const script = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setTimeout(() => {}, 20_000)`;
        const { channel } = channelOf(node(script), 400);
        await assert.rejects(channel.send(DELIVERY), { message: /did not end within 0\.4 s/ });
        await sleep(1_800); // longer than the child's own wait
        assert.equal(existsSync(alive), false);
    },
);

test("code by command: the end of the gateway ends what is under way", { timeout: 10_000 }, async () => {
    const { channel, ending } = channelOf(node("setTimeout(() => {}, 20_000)"));
    const sending = channel.send(DELIVERY);
    ending.abort();
    await assert.rejects(sending, { code: "unavailable", message: /was ended, because the gateway ends/ });
});

test("code by command: once the gateway ends no program is started", async () => {
    const started = join(FOLDER, "started");
    const { channel, ending } = channelOf(node(`require("fs").writeFileSync(${JSON.stringify(started)}, "")`));
    ending.abort();
    await assert.rejects(channel.send(DELIVERY), { message: /was not started, because the gateway ends/ });
    await sleep(300);
    assert.equal(existsSync(started), false);
});
