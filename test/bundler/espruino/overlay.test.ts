import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { parse } from "acorn";
import { overlayEspruino } from "../../../bundler/espruino/overlay.ts";

/** What a program reports when it is the board's file in flash, and when something else is. */
function run(program: string, flash = program, version = "2v29.277"): unknown[] {
    const reported: unknown[] = [];
    const storage = { read: (name: string) => (name === ".boot0" ? flash : undefined) };
    const process = { env: { VERSION: version } };
    const globals = { report: (value: unknown) => void reported.push(value), require: () => storage, process };
    const context = createContext(globals);
    runInContext(`var global = globalThis; ${program}`, context);
    return reported;
}

const SAME: [what: string, program: string][] = [
    [
        "functions that call each other",
        `function a(n) { return n + 1; } function b(n) { return a(n) * 2; } report(b(3));`,
    ],
    [
        "constants, long and short",
        `var TEXT = "a long text"; var TWO = 2; function f(n) { return TEXT + n * TWO + TEXT; } report(f(2));`,
    ],
    ["a state that lasts", `var count = 0; function next() { count++; return count; } next(); next(); report(next());`],
    [
        "what is worked out once",
        `var made = 0; function make() { made = made + 1; return { n: made }; } var one = make(); function f() { return one.n; } f(); report(f()); report(made);`,
    ],
    [
        "closures",
        `function twice(n) { return n * 2; } function make(n) { return function () { return twice(n); }; } var f = make(4); report(f());`,
    ],
    [
        "a function that is passed on",
        `function f(n) { return n + 1; } function apply(g) { return g(1); } report(apply(f)); var h = f; report(h(5));`,
    ],
    [
        "this and arguments",
        `var o = { n: 7, f: function () { return this.n; } }; function g() { return arguments.length; } report(o.f()); report(g(1, 2, 3));`,
    ],
    [
        "undefined and null",
        `function f(a) { return a === void 0 ? "none" : a; } report(f()); report(f(0)); report(f(""));`,
    ],
    ["no argument at all", `function one() { return 1; } report(one());`],
    [
        "recursion, with locals of its own each time",
        `function f(n) { const m = n; const rest = n === 0 ? 0 : f(n - 1); return m * 10 + rest; } report(f(4));`,
    ],
    [
        "a return in a loop, and locals that begin anew in each turn",
        `function f(n) { for (let i = 0; i < n; i++) { let once; if (once === void 0) once = i; if (once === 3) return i; } return -1; } report(f(9)); report(f(2));`,
    ],
    [
        "a local without a value",
        `function f(n) { let best; for (const x of [1, 5, 2]) if (best === void 0 || x > best) best = x; return best + n; } report(f(1)); report(f(2));`,
    ],
    [
        "exceptions, on both sides",
        `function fail(n) { if (n > 1) throw "no"; return n; } function f(n) { try { return fail(n); } catch (e) { return e + n; } } report(f(1)); report(f(2));`,
    ],
    [
        "a local or a parameter that has a function's or a constant's name",
        `function data() { return 1; } var two = 2; function f(data) { let two = data + 1; return two; } report(f(data() + two));`,
    ],
    ["octets in strings", `function f(a) { return a + "\\xc2\\x00/"; } report(f("*")); report(f("/"));`],
];
for (const [what, program] of SAME) {
    test(`Espruino bundle: ${what} work as before`, () => {
        assert.deepEqual(run(overlayEspruino(program)), run(program));
    });
}

test("Espruino bundle: functions that are only called are not declared", () => {
    const program = `function low(n) { let rest = n; while (rest > 127) rest -= 128; return rest; }
        function high(n) { const l = low(n); return (n - l) / 128; }
        function start() { const f = high(300); report(f); }
        start();`;
    const made = overlayEspruino(program);
    assert.deepEqual(run(made), [2]);
    assert.deepEqual(globalsOf(made), []);
});

test("Espruino bundle: anywhere but in .boot0 it prints a sentence, and does nothing", () => {
    const made = overlayEspruino(`function f(n) { let m = n; m++; return m; } report(f(1)); report(f(2));`);
    assert.throws(() => run(made, ""), /toque: flash this as \.boot0/);
    assert.throws(() => run(made, `echo(0);${made}`), /toque: flash this as \.boot0/);
    assert.deepEqual(run(made, `${made}print("more behind it")`), [2, 3]);
});

test("Espruino bundle: on firmware older than 2v21 it prints a sentence, and does nothing", () => {
    const made = overlayEspruino("report(1);");
    for (const version of ["1v99", "2v08", "2v20", "2v20.100"])
        assert.throws(() => run(made, made, version), /toque: this needs Espruino 2v21 or newer/, version);
    for (const version of ["2v21", "2v21.3", "2v29.277", "3v00"])
        assert.deepEqual(run(made, made, version), [1], version);
});

test("Espruino bundle: a do without braces gets them, for releases before 2v25", () => {
    const made = overlayEspruino(
        `function f(n) { do n++; while (n < 5); do { n++; } while (n < 9); return n; } report(f(1));`,
    );
    assert.match(made, /do \{a\+\+;\} while/);
    assert.deepEqual(run(made), [9]);
});

test("Espruino bundle: what it cannot lay out is an error", () => {
    assert.throws(() => overlayEspruino('function f() { return "*/"; } f();'), /has "\*\/" in it/);
    assert.throws(() => overlayEspruino("var a = 1; var a = 2;"), /a is declared more than once/);
});

/** Names that a program leaves at the top level: on Espruino they are globals. */
function globalsOf(program: string): string[] {
    return parse(program, { ecmaVersion: 2020 }).body.flatMap((node) =>
        node.type === "VariableDeclaration"
            ? node.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "?"))
            : node.type === "FunctionDeclaration"
              ? [node.id.name]
              : [],
    );
}

const MANY = Array.from({ length: 120 }, (_, i) => `let value${i} = report(${i});`).join("\n");

test("Espruino bundle: its names begin with $, which none of Espruino's globals does", () => {
    const names = globalsOf(overlayEspruino(MANY));
    assert.equal(new Set(names).size, 120);
    for (const name of names) assert.match(name, /^\$[$\w]*$/);
});

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const path = process.env[variable];
    const skip = path === undefined ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`Espruino bundle: none of its names is known to ${variable}`, { skip }, () => {
        const names = globalsOf(overlayEspruino(MANY));
        const known = `[${names.map((name) => `typeof ${name}`).join()}].filter(function(t){return t!="undefined"}).length`;
        const printed = execFileSync(path!, ["-e", `print("#"+${known}+" "+typeof E)`], { encoding: "latin1" });
        assert.match(printed, /#0 (object|function)/);
    });
}
