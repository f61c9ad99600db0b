import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { shrinkEspruino } from "../../scripts/espruino-shrink.ts";

/** What a program says, and the names that it leaves behind. */
function run(program: string): { said: unknown[]; names: string[] } {
    const said: unknown[] = [];
    const context = createContext({ say: (value: unknown) => void said.push(value) });
    runInContext(program, context);
    const names = [...program.matchAll(/^let (\w+)/gm)].map((match) => match[1]!);
    const left = names.filter((name) => runInContext(`typeof ${name} === "function"`, context) === true);
    return { said, names: left };
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
    ["functions of the start alone", `function start() { say(work(2)); } function work(n) { return n * n; } start();`],
];
for (const [what, program] of SAME) {
    test(`Espruino bundle: ${what} work as before`, () => {
        assert.deepEqual(run(shrinkEspruino(program)).said, run(program).said);
    });
}

test("Espruino bundle: functions that need not last do not", () => {
    const program = `function low(n) { return n % 128; }
        function high(n) { return (n - low(n)) / 128; }
        function listen(f) { return function (n) { return f + high(n); }; }
        function start() { say(listen(1)(300)); }
        start();`;
    const { said, names } = run(shrinkEspruino(program));
    assert.deepEqual(said, [3]);
    assert.deepEqual(names, ["____part"]);
});

test("Espruino bundle: a name that is declared twice is an error", () => {
    const program = `function data() { return 1; } function f(data) { return data; } say(f(data()));`;
    assert.throws(() => shrinkEspruino(program), /The name data is declared twice/);
});
