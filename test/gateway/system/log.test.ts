import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { createLog } from "../../../gateway/system/log.ts";
import { bundled } from "../../support/bundled.ts";

const [MODULE] = (await bundled(new URL("../../../gateway/system/log.ts", import.meta.url))) as [string];

function listen(level: "info" | "warn" | "silent" = "info") {
    const written: string[] = [];
    const log = createLog(level, { write: (text: string) => void written.push(text) });
    return { log, written };
}

const HOSTILE = [
    'a\nb\r\n{"level":"error","msg":"forged"}',
    "\u2028\u2029\u0085\u009b31m\u202e",
    "\u0000\u001b[2J\u0007",
    "\ud800 lone",
    '"\\\\"',
    "x".repeat(100_000),
    "😀 Café €5",
    "__proto__",
];

test("log: one input is one line of JSON, whatever it contains, as a field, a name or the message", () => {
    const { log, written } = listen();
    for (const text of HOSTILE) log.info({ text, [text]: 1, error: new Error(text) }, text);
    assert.equal(written.length, HOSTILE.length);
    for (const line of written) {
        assert.equal(line.indexOf("\n"), line.length - 1);
        assert.doesNotMatch(line, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
        assert.equal((JSON.parse(line) as { level: string }).level, "info");
    }
});

test("log: a field cannot stand in for the line's own level, time and message", () => {
    const { log, written } = listen();
    log.warn({ level: "info", time: "never", msg: "forged" }, "true");
    assert.match(
        written[0] ?? "",
        /^\{"level":"warn","time":"\d{4}-\d\d-\d\dT[\d:.]+Z","level_":"info","time_":"never","msg_":"forged","msg":"true"\}\n$/,
    );
});

test("log: numbers are masked in message and fields", () => {
    const { log, written } = listen();
    log.error({ number: "+34600111222", url: "/v1/numbers/34600111222" }, "no +34 600 111 222");
    assert.match(
        written[0] ?? "",
        /"number":"\+34\*\*\*222","url":"\/v1\/numbers\/34\*\*\*222","msg":"no \+34\*\*\*222"/,
    );
});

test("log: lines below the level are not written", () => {
    const { log, written } = listen("warn");
    log.info({}, "no");
    log.warn({}, "yes");
    log.error({}, "yes");
    assert.equal(written.length, 2);
    const silent = listen("silent");
    silent.log.error({}, "no");
    assert.equal(silent.written.length, 0);
});

/** A process that logs to a standard error of ours. */
function logElsewhere(script: string) {
    const program = `import { createLog } from ${JSON.stringify(MODULE)};
        const log = createLog("info"); ${script}`;
    return spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "pipe"],
    });
}

for (const [way, end] of [
    ["exits", "process.exit(0)"],
    ["fails", "throw new Error('a mistake')"],
    ["has nothing more to do", ""],
] as const) {
    test(`log: no line is lost when the process ${way}`, { timeout: 30_000 }, async () => {
        const child = logElsewhere(`for (let i = 0; i < 5000; i++) log.info({ i }, "a line"); ${end};`);
        const written = await text(child.stderr);
        assert.equal(written.split("\n").filter((line) => line.includes('"msg":"a line"')).length, 5_000);
        assert.match(written, /"i":4999/);
    });
}

test("log: a reader that stalls stops nobody, and finds the count of lost lines", { timeout: 30_000 }, async () => {
    const child = logElsewhere(`
        const filling = "x".repeat(900);
        for (let i = 0; i < 20000; i++) {
            log.info({ filling }, "a line");
            if (i % 100 === 0) await new Promise(setImmediate);
        }
        process.stdout.write("went on");
        process.stdin.destroy();
        setTimeout(() => log.info({}, "the last line"), 2000);
    `);
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(output.toString(), "went on");
    const written = await text(child.stderr);
    const lost = Number(/"lost":(\d+)/.exec(written)?.[1]);
    const kept = written.split("\n").filter((line) => line.includes('"msg":"a line"')).length;
    assert.ok(lost > 1_000, "more was logged than may wait");
    assert.equal(kept + lost, 20_000);
    assert.match(written, /"the last line"/);
});
