import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../gateway/log.ts";

function listen(level: "info" | "warn" | "silent" = "info") {
    const written: string[] = [];
    const log = createLog(level, { write: (text: string) => void written.push(text) });
    return { log, written };
}

const HOSTILE = [
    'a\nb\r\n{"level":"error","msg":"forged"}',
    "\u2028\u2029\u0085",
    "\u0000\u001b[2J\u0007",
    "\ud800 lone",
    '"\\\\"',
    "x".repeat(100_000),
    "😀 Café €5",
    "__proto__",
];

test("log: one input is one line of JSON, whatever it contains, as a field, as a name, as the message", () => {
    const { log, written } = listen();
    for (const text of HOSTILE) log.info({ text, [text]: 1, error: new Error(text) }, text);
    assert.equal(written.length, HOSTILE.length);
    for (const line of written) {
        assert.equal(line.indexOf("\n"), line.length - 1);
        assert.doesNotMatch(line, /[\u0000-\u0009\u000b-\u001f]/);
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

test("log: what is below the level is not written", () => {
    const { log, written } = listen("warn");
    log.info({}, "no");
    log.warn({}, "yes");
    log.error({}, "yes");
    assert.equal(written.length, 2);
    const silent = listen("silent");
    silent.log.error({}, "no");
    assert.equal(silent.written.length, 0);
});
