import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { createContext } from "node:vm";
import { parse } from "acorn";
import { overlayEspruino } from "../../../bundler/espruino/overlay.ts";
import { shrinkEspruino } from "../../../bundler/espruino/shrink.ts";
import { untokenise } from "../../../bundler/espruino/tokens.ts";
import { runOctets } from "../../../emulator/espruino/words.ts";

/** What a program says when it is the board's file in flash, and when something else is. */
function run(program: string, flash = program): unknown[] {
    const said: unknown[] = [];
    const storage = { read: (name: string) => (name === ".bootcde" ? flash : undefined) };
    runOctets(program, createContext({ say: (value: unknown) => void said.push(value), require: () => storage }));
    return said;
}

/** All that the build does with a program, but for esbuild. */
function small(program: string): string {
    return overlayEspruino(shrinkEspruino(program));
}

const SAME: [what: string, program: string][] = [
    ["functions that call each other", `function a(n) { return n + 1; } function b(n) { return a(n) * 2; } say(b(3));`],
    [
        "constants, long and short",
        `var TEXT = "a long text"; var TWO = 2; function f(n) { return TEXT + n * TWO + TEXT; } say(f(2));`,
    ],
    ["a constant by its own name", `var one = 1; function f() { return { one }; } say(f().one);`],
    [
        "a table of functions",
        `function a() { return 1; } function b() { return 2; } var TABLE = { a: a, b: b }; function f(k) { return TABLE[k](); } say(f("b"));`,
    ],
    ["a state that lasts", `var count = 0; function next() { count++; return count; } next(); next(); say(next());`],
    [
        "what is worked out once",
        `var made = 0; function make() { made = made + 1; return { n: made }; } var one = make(); function f() { return one.n; } f(); say(f()); say(made);`,
    ],
    [
        "closures",
        `function twice(n) { return n * 2; } function make(n) { return function () { return twice(n); }; } var f = make(4); say(f());`,
    ],
    [
        "a function that is passed on",
        `function f(n) { return n + 1; } function apply(g) { return g(1); } say(apply(f)); var h = f; say(h(5));`,
    ],
    [
        "this and arguments",
        `var o = { n: 7, f: function () { return this.n; } }; function g() { return arguments.length; } say(o.f()); say(g(1, 2, 3));`,
    ],
    ["undefined and null", `function f(a) { return a === void 0 ? "none" : a; } say(f()); say(f(0)); say(f(""));`],
    ["no argument at all", `function one() { return 1; } say(one());`],
    [
        "recursion, with locals of its own each time",
        `function f(n) { const m = n; const rest = n === 0 ? 0 : f(n - 1); return m * 10 + rest; } say(f(4));`,
    ],
    [
        "a return in a loop, and locals that begin anew in each turn",
        `function f(n) { for (let i = 0; i < n; i++) { let once; if (once === void 0) once = i; if (once === 3) return i; } return -1; } say(f(9)); say(f(2));`,
    ],
    [
        "a local without a value",
        `function f(n) { let best; for (const x of [1, 5, 2]) if (best === void 0 || x > best) best = x; return best + n; } say(f(1)); say(f(2));`,
    ],
    [
        "exceptions, on both sides",
        `function fail(n) { if (n > 1) throw "no"; return n; } function f(n) { try { return fail(n); } catch (e) { return e + n; } } say(f(1)); say(f(2));`,
    ],
    [
        "what is done before what",
        `var log = ""; function note(x) { log = log + x; return x; } function pair(a, b) { return b + a; } say(pair(note("a"), note("b"))); say(log);`,
    ],
    [
        "an argument that is used more than once is worked out once",
        `var n = 0; function next() { n++; return n; } function twice(a) { return a + a; } function f() { return twice(next()); } say(f()); say(n);`,
    ],
    [
        "a choice that leaves an argument unused",
        `var n = 0; function next() { n++; return n; } function pick(a, b) { return a ? b : 0; } function f(a) { return pick(a, next()); } say(f(false)); say(n);`,
    ],
    [
        "records of which only the members are used",
        `var wires = {}; function set(n) { wires.count = n; } function get() { return wires.count; } set(2); wires.count++; say(get()); say(wires.other);`,
    ],
    [
        "records that are used as a whole, or called through",
        `var all = {}; function keep(n) { all.n = n; } keep(3); say(Object.keys(all).length); var own = {}; own.n = 4; own.f = function () { return this.n; }; say(own.f());`,
    ],
    [
        "the firmware's functions",
        `function f(n) { return String.fromCharCode(n) + String.fromCharCode(n + 1) + String.fromCharCode(n + 2); } say(f(65)); say("ab".concat("c"));`,
    ],
    ["octets in strings", `function f(a) { return a + "\\xc2\\x00/"; } say(f("*")); say(f("/"));`],
];
for (const [what, program] of SAME) {
    test(`Espruino bundle: ${what} work as before`, () => {
        assert.deepEqual(run(small(program)), run(program));
    });
}

test("Espruino bundle: functions that are only called are not declared", () => {
    const program = `function low(n) { let rest = n; while (rest > 127) rest -= 128; return rest; }
        function high(n) { const l = low(n); return (n - l) / 128; }
        function start() { const f = high(300); say(f); }
        start();`;
    const made = small(program);
    assert.deepEqual(run(made), [2]);
    assert.deepEqual(globalsOf(made), ["$", "$$"]);
});

test("Espruino bundle: anywhere but in .bootcde it says so, and does nothing", () => {
    const made = small(`function f(n) { let m = n; m++; return m; } say(f(1)); say(f(2));`);
    assert.throws(() => run(made, ""), /toque: flash this as \.bootcde/);
    assert.throws(() => run(made, `echo(0);${made}`), /toque: flash this as \.bootcde/);
    assert.deepEqual(run(made, `${made}print("more behind it")`), [2, 3]);
});

test("Espruino bundle: a name that is declared twice is an error", () => {
    const program = `function data() { return 1; } function f(data) { return data; } say(f(data()));`;
    assert.throws(() => shrinkEspruino(program), /The name data is declared twice/);
});

/** Names that a program leaves at the top level: on Espruino they are globals. */
function globalsOf(program: string): string[] {
    return parse(untokenise(program), { ecmaVersion: 2020 }).body.flatMap((node) =>
        node.type === "VariableDeclaration"
            ? node.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "?"))
            : node.type === "FunctionDeclaration"
              ? [node.id.name]
              : [],
    );
}

const MANY = Array.from({ length: 120 }, (_, i) => `let value${i} = say(${i});`).join("\n");

test("Espruino bundle: its names are _ or begin with $, which none of Espruino's globals does", () => {
    const names = globalsOf(small(MANY));
    assert.equal(new Set(names).size, 122);
    for (const name of names) assert.match(name, /^(_|\$[$\w]*)$/);
});

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const path = process.env[variable];
    const skip = path === undefined ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`Espruino bundle: none of its names is known to ${variable}`, { skip }, () => {
        const names = globalsOf(small(MANY));
        const known = `[${names.map((name) => `typeof ${name}`).join()}].filter(function(t){return t!="undefined"}).length`;
        const said = execFileSync(path!, ["-e", `print("#"+${known}+" "+typeof E)`], { encoding: "latin1" });
        assert.match(said, /#0 (object|function)/);
    });
}
