import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, print } from "../../../gateway/cli/print.ts";

test("print: a cell shows what a terminal would obey, and is as wide as that", () => {
    assert.equal(
        columns([
            ["A", "B"],
            ["\u001b[2J", "b"],
        ]),
        "A        B\n\\x1b[2J  b",
    );
});

test("print: JSON for a terminal holds no control character, and means the same", (t) => {
    const written: string[] = [];
    t.mock.method(process.stdout, "write", (text: string) => written.push(text) > 0);
    const document = { label: "\u001b[2J \u009b31m \u0085 \u007f é" };
    print(true, document, "");
    t.mock.restoreAll();
    assert.doesNotMatch(written[0] ?? "", /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.deepEqual(JSON.parse(written[0] ?? ""), document);
});
