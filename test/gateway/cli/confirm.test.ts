import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { confirm } from "../../../gateway/cli/confirm.ts";

const ANSWERS: [typed: string, yes: boolean][] = [
    ["y\n", true],
    ["YES \n", true],
    ["\n", false],
    ["n\n", false],
    ["yesterday\n", false],
    ["", false],
];
for (const [typed, yes] of ANSWERS) {
    test(`confirm: ${JSON.stringify(typed)} is ${yes ? "yes" : "no"}`, async () => {
        const [input, output] = [new PassThrough(), new PassThrough()];
        input.end(typed);
        assert.equal(await confirm("Replace it?", input, output), yes);
        assert.equal(String(output.read()), "Replace it? [y/N] ");
    });
}
