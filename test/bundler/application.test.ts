import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildApplication } from "../../bundler/application/build.ts";
import type { BoardName } from "../../bundler/application/built.ts";
import { globalsOf } from "../../bundler/lua/globals.ts";
import { checkProgram } from "../../emulator/espruino/gate/gate.ts";
import { runToque } from "../support/toque.ts";

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), "toque-build-"))));
after(() => rmSync(folder, { recursive: true }));

/** Writes a person's files, and builds the first. @returns the program as text */
async function build(board: BoardName, files: Record<string, string>): Promise<string> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { program } = await buildApplication(join(folder, Object.keys(files)[0]!), board);
    return program.toString("utf8");
}

/** One source for both boards, each with its own pins. */
const BOTH = {
    "app.ts": `import * as toque from "toque";
import type { Message } from "toque/board";
import { light } from "./pins";

let shown = 0;

export function show(message: Message): boolean {
    shown += 1;
    light();
    print("¡Olé! " + (message.title ?? "none") + ": " + message.body);
    return message.body !== "later";
}

toque.on("message", show);
`,
    "pins.espruino.ts": "export function light(): void {\n    digitalWrite(D2, 0);\n}\n",
    "pins.nodemcu.ts": "export function light(): void {\n    gpio.write(4, gpio.LOW);\n}\n",
};

test("application: one source becomes a program of Espruino, with the board's own files and UTF-8 as it is", async () => {
    const program = await build("espruino", BOTH);
    assert.deepEqual(checkProgram(program), []);
    assert.match(program, /digitalWrite\(D2, 0\)/);
    assert.match(program, /"¡Olé! "/);
    assert.doesNotMatch(program, /exports|require|"use strict"/);
});

test("application: the same becomes one of NodeMCU", async () => {
    const program = await build("nodemcu", BOTH);
    const names = new Set(globalsOf(program).map(({ name }) => name));
    assert.deepEqual([...names].sort(), ["error", "gpio", "print", "require", "select"]);
    assert.match(program, /"¡Olé! "/);
});

test("application: of one module in TypeScript no bundle is made for NodeMCU, and what it needs of the library stands in front", async () => {
    const program = await build("nodemcu", {
        "one.ts":
            "function cut(text: string, at: number) {\n    return text.substring(at, at + 1);\n}\nprint(cut('abc', 1));\n",
    });
    assert.match(program, /^local function __TS__StringSubstring\(/);
    assert.doesNotMatch(program, /____modules/);
});

test("application: JavaScript without imports and Lua stay as they were written", async () => {
    const script = "// mine\nvar a = 1;\ntoque.on('message', function (m) { print(m.body + a); });\n";
    assert.equal(await build("espruino", { "plain.js": script }), script);
    assert.equal(await build("nodemcu", { "plain.lua": "x = 1 -- mine\n" }), "x = 1 -- mine\n");
});

test("application: JavaScript is bundled", async () => {
    const program = await build("espruino", {
        "two.js": 'import { twice } from "./other.js";\nprint(twice(2));\n',
        "other.js": "export function twice(n) {\n    return 2 * n;\n}\n",
    });
    assert.deepEqual(checkProgram(program), []);
    assert.match(program, /print\(twice\(2\)\)/);
});

const HELPER = `// the second file
export function last(words: string[]): string | undefined {
    return words.at(-1);
}
`;

/** What is refused, and how: places are the person's. */
const REFUSED: [what: string, board: BoardName, files: Record<string, string>, sentence: RegExp][] = [
    [
        "what Espruino cannot parse, in each file",
        "espruino",
        {
            "bad.ts": `import { last } from "./helper";

interface Box {
    words: string[];
}

function take({ words }: Box): void {
    print(last([...words]));
}
toque.on("message", (message) => take({ words: message.body.split(" ") }));
`,
            "helper.ts": HELPER.replace("words.at(-1)", "words.map((word) => word.normalize())[0]"),
        },
        /^Espruino cannot run this:\n(?=[^]*bad\.ts:7:15: Espruino has no destructuring)(?=[^]*bad\.ts:8:17: Espruino has no spread)(?=[^]*helper\.ts:3:\d+: Espruino's values have no method normalize)/,
    ],
    [
        "what Espruino cannot run in JavaScript",
        "espruino",
        { "bad.js": "var a = 1;\n  b?.c;\n" },
        /bad\.js:2:3: Espruino has no/,
    ],
    ["no script at all", "espruino", { "no.js": 'import "./plain.js";\nvar = 1;\n' }, /no\.js:2:5: /],
    ["a file that is not there", "espruino", { "gone.js": 'import "./nowhere.js";\n' }, /gone\.js:1:8: .*nowhere/],
    [
        "what Lua has no library for",
        "nodemcu",
        {
            "bad.ts": 'import { first } from "./helper";\n\nprint(JSON.stringify(first("a b")), "Date");\n',
            "helper.ts":
                '// the second file\nexport function first(text: string): string[] {\n    return text.split(" ");\n}\n',
        },
        /^This needs typescript-to-lua's library.*\n(?=[^]*bad\.ts:3:\d+: JSON)(?=[^]*helper\.ts:3:\d+: StringSplit)(?![^]*Date)/,
    ],
    [
        "more locals than NodeMCU's Lua takes",
        "nodemcu",
        { "many.ts": Array.from({ length: 60 }, (_, n) => `let a${n} = ${n}; print(a${n});`).join("\n") },
        /many\.ts: A function has \d+ locals at once; NodeMCU's Lua stops at 50\./,
    ],
    [
        "an argument of another type",
        "espruino",
        { "type.ts": '// a\ntoque.send({ to: 5, body: "x" });\n' },
        /type\.ts\(2,14\): error TS2322: Type 'number' is not assignable to type 'string'\.$/,
    ],
    [
        "what the other board's firmware has",
        "nodemcu",
        { "pin.ts": "digitalWrite(D2, 1);\n" },
        /pin\.ts\(1,1\): error TS2304: Cannot find name 'digitalWrite'\.\n/,
    ],
    [
        "another language",
        "nodemcu",
        { "other.js": "" },
        /^An application for nodemcu ends in \.ts or \.lua: \S+other\.js does not\.$/,
    ],
];
for (const [what, board, files, sentence] of REFUSED) {
    test(`application: ${board} is refused ${what}, at the person's own place`, async () => {
        await assert.rejects(build(board, files), (error: Error) => {
            assert.match(error.message, sentence);
            return error.constructor.name === "BuildError";
        });
    });
}

test("toque build: writes beside the source or to --out, and each error has a line of its own", async () => {
    writeFileSync(join(folder, "cli.js"), 'toque.on("message", print);\n');
    const out = join(folder, "made.js");
    const built = await runToque(["build", join(folder, "cli.js"), "--board", "espruino", "--out", out]);
    assert.deepEqual([built.status, built.stdout], [0, `${out}: 28 octets\n`]);
    writeFileSync(join(folder, "cli.js"), "a?.b;\nc?.d;\n");
    const refused = await runToque(["build", join(folder, "cli.js"), "--board", "espruino"]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^toque: Espruino cannot run this:\n\S+cli\.js:1:1: .*\n(.*\n)*\S+cli\.js:2:1: /);
});
