import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, plain, print } from "../../../gateway/cli/print.ts";

// What a board may call its firmware, and what a terminal would do with it.
const SHOWN: [text: string, shown: string][] = [
    ["0.1.0", "0.1.0"],
    ["Küche 👨‍👩‍👧 ✓", "Küche 👨‍👩‍👧 ✓"],
    ["\u001b[2J\u001b]0;owned\u0007", "\\x1b[2J\\x1b]0;owned\\x07"],
    ["\u009b31m", "\\x9b31m"],
    ["one\r\ntwo\tthree", "one\\x0d\\x0atwo\\x09three"],
    ["\u202e0001 evil\u202c", "\\u{202e}0001 evil\\u{202c}"],
    ["\u2066a\u2069\u200f\u061c", "\\u{2066}a\\u{2069}\\u{200f}\\u{61c}"],
    ["a\u2028b", "a\\u{2028}b"],
    ["\u0000\u007f", "\\x00\\x7f"],
];
for (const [text, shown] of SHOWN) {
    test(`print: ${JSON.stringify(text)} is shown as ${shown}`, () => {
        assert.equal(plain(text), shown);
        assert.equal(columns([["A"], [text]]), `A\n${shown}`);
    });
}

test("print: JSON for a terminal holds no control character, and means the same", (t) => {
    const written: string[] = [];
    t.mock.method(process.stdout, "write", (text: string) => written.push(text) > 0);
    const document = { label: "\u001b[2J \u009b31m \u0085 \u007f é" };
    print(true, document, "");
    t.mock.restoreAll();
    assert.doesNotMatch(written[0] ?? "", /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.deepEqual(JSON.parse(written[0] ?? ""), document);
});
