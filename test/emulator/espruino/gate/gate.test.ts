import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ABSENT_GLOBALS, ABSENT_METHODS, ABSENT_STATICS } from "../../../../emulator/espruino/absent.ts";
import { ACCEPTED, ACCEPTED_THERE } from "./accepted-rows.ts";
import { overlayEspruino } from "../../../../bundler/espruino/overlay.ts";
import { checkProgram } from "../../../../emulator/espruino/gate/gate.ts";
import { DATA_DEPENDENT, REFUSED, TRAPS } from "./refused-rows.ts";

const interpreter = process.env.ESPRUINO;
const genuine = { skip: interpreter ? false : "ESPRUINO is not set: genuine Espruino interpreter" };
const BUNDLE = fileURLToPath(new URL("../../../../dist/espruino/toque.js", import.meta.url));
const RUN_MS = 5000;

const folder = mkdtempSync(join(tmpdir(), "toque-gate-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** As it stands in a file: the gate reads programs, not function bodies. */
const wrap = (code: string): string => `(function(){${code}\n})()`;

/** What a script prints on the interpreter, up to its end or its crash. */
function runOnEspruino(script: string): string {
    const path = join(folder, "script.js");
    writeFileSync(path, script, "latin1");
    try {
        return execFileSync(interpreter!, [path], {
            cwd: folder,
            timeout: RUN_MS,
            encoding: "latin1",
            stdio: ["ignore", "pipe", "ignore"],
        });
    } catch (error) {
        return String((error as { stdout?: string }).stdout);
    }
}

/** Whether a row's function returns true there. */
function holdsOnEspruino(code: string): boolean {
    return /#row true\b/.test(runOnEspruino(`print("#row", ${wrap(code)})`));
}

for (const [row, code] of [...REFUSED, ...TRAPS]) {
    const unseen = DATA_DEPENDENT.includes(row);
    test(`gate: ${row}: ${unseen ? "depends on data, not seen" : "refused"}`, () => {
        const findings = checkProgram(wrap(code));
        assert.equal(findings.length > 0, !unseen, JSON.stringify(findings));
    });
    test(`Espruino: ${row} fails`, genuine, () => assert.equal(holdsOnEspruino(code), false));
}

for (const [row, code] of [...ACCEPTED, ...ACCEPTED_THERE]) {
    test(`gate: ${row}: accepted`, () => assert.deepEqual(checkProgram(wrap(code)), []));
}

test("the rows are true in JavaScript, so it is Espruino that differs", () => {
    for (const [row, code] of [...REFUSED, ...TRAPS, ...ACCEPTED]) {
        if (row === "import/export syntax") continue; // a module's, not a function's
        const run = new Function(code) as () => unknown; // eslint-disable-line @typescript-eslint/no-implied-eval -- the rows are texts
        assert.equal(run(), true, row);
    }
});

test("Espruino: every accepted row holds", genuine, () => {
    const rows = [...ACCEPTED, ...ACCEPTED_THERE];
    const script = rows.map(([, code], at) => `if (${wrap(code)} === true) print("#row ${at}.");`).join("\n");
    const output = runOnEspruino(script);
    assert.deepEqual(
        rows.filter((_, at) => !output.includes(`#row ${at}.`)).map(([row]) => row),
        [],
    );
});

const VALUES: Record<string, string> = {
    String: '"a"',
    Array: "[1]",
    Number: "(1)",
    Promise: "Promise.resolve(1)",
    ArrayBuffer: "new ArrayBuffer(2)",
    Object: "({})",
};

test("Espruino: what is listed as absent is absent", genuine, () => {
    const names = [
        ...ABSENT_GLOBALS,
        ...Object.entries(ABSENT_STATICS).flatMap(([owner, of]) => of.map((name) => `${owner}.${name}`)),
        ...Object.entries(ABSENT_METHODS).flatMap(([owner, of]) => of.map((name) => `${VALUES[owner]}.${name}`)),
    ];
    const script = names.map((name) => `if (typeof ${name} !== "undefined") print("#there", '${name}');`).join("\n");
    assert.deepEqual(runOnEspruino(script + '\nprint("#end")').match(/#there .*|#end/g), ["#end"]);
});

test("gate: an octet above 0x7f is refused in a bundle, and taken in an application", () => {
    assert.equal(checkProgram('print("\u00c3\u00a9")', { asciiOnly: true }).length, 1);
    assert.deepEqual(checkProgram('print("\u00c3\u00a9")'), []);
});

test("gate: a name that nobody defines is refused, unless the board has it", () => {
    assert.equal(checkProgram("fetch('x')").length, 1);
    assert.deepEqual(checkProgram("digitalWrite(D2, 1); toque.read(1);"), []);
    assert.deepEqual(checkProgram("mine()", { globals: ["mine"] }), []);
});

test("gate: two functions may call each other when both are there before the first call", () => {
    assert.deepEqual(checkProgram("function a(n) { if (n) b(n - 1); } function b(n) { a(n); } a(3);"), []);
});

test("gate: a do without braces is refused: releases before 2v25 cannot read it", () => {
    assert.equal(checkProgram("var n = 0; do n++; while (n < 3);").length, 1);
    assert.deepEqual(checkProgram("var n = 0; do { n++; } while (n < 3);"), []);
});

test("gate: a finding has its place", () => {
    assert.deepEqual(checkProgram("var a;\nvar b = a?.c;"), [
        { line: 2, column: 8, why: "Espruino has no optional chaining" },
    ]);
});

test("gate: the functions in a bundle's comment are read too", () => {
    const program = (wrong: string): string =>
        overlayEspruino(`function f(a){let b=a;b++;return ${wrong}}print(f(1));print(f(2))`);
    assert.match(program("b"), /^\/\*\n/);
    assert.deepEqual(checkProgram(program("b")), []);
    assert.deepEqual(
        checkProgram(program("fetch(b)")).map(({ why }) => why),
        ["Espruino has no fetch"],
    );
    const misplaced = program("b").replaceAll("substr(3,", "substr(4,");
    assert.match(checkProgram(misplaced)[0]!.why, /No function stands at 4/);
});

test("gate: the built bundle passes", { skip: existsSync(BUNDLE) ? false : "not built: npm run build" }, () => {
    assert.deepEqual(checkProgram(readFileSync(BUNDLE, "latin1"), { asciiOnly: true }), []);
});
