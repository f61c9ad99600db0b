import assert from "node:assert/strict";
import { test } from "node:test";
import { plain, plainJson } from "../../shared/terminal.ts";

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
    test(`terminal: ${JSON.stringify(text)} is shown as ${shown}`, () => {
        assert.equal(plain(text), shown);
        const json = plainJson(JSON.stringify(text));
        assert.equal(plain(json), json, "JSON holds nothing that a terminal obeys");
        assert.equal(JSON.parse(json), text);
    });
}
