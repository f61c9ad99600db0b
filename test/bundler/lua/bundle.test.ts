import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import { compileLua } from "../../../bundler/lua/compile.ts";
import { holdToLimits, maxActiveLocals } from "../../../bundler/lua/limits.ts";
import { overlayLua } from "../../../bundler/lua/overlay.ts";
import { BuildError } from "../../../bundler/output.ts";

/** The part of fengari (Lua 5.3) used here; it has no types. */
interface Fengari {
    lua: { lua_tostring(state: unknown, index: number): Uint8Array };
    lauxlib: { luaL_newstate(): unknown; luaL_dostring(state: unknown, lua: Uint8Array): number };
    lualib: { luaL_openlibs(state: unknown): void };
    to_luastring: (text: string) => Uint8Array;
}
const { lua, lauxlib, lualib, to_luastring } = createRequire(import.meta.url)("fengari") as Fengari;

/** Runs Lua, and gives what the global function `main` returns, as text. */
function runLua(code: string, behind = ""): string {
    const state = lauxlib.luaL_newstate();
    lualib.luaL_openlibs(state);
    const status = lauxlib.luaL_dostring(state, to_luastring(`(function() ${code} end)() ${behind} return main()`));
    const text = Buffer.from(lua.lua_tostring(state, -1)).toString("latin1");
    if (status !== 0) throw new Error(text);
    return text;
}

/** Compiles made-up modules as the board's are. `main.ts` may give the application what it declares. */
function bundle(t: TestContext, sources: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-lua-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(sources)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
    return overlayLua(compileLua(join(folder, "main.ts")));
}

const MAIN = "declare let main: () => string;\n";

// The same source runs here and in Lua: JavaScript's answer is the vector.
const SAME: [name: string, source: string][] = [
    [
        "charCodeAt",
        `let o = ""; const s = "abc"; for (let i = 0; i < s.length; i++) { o += String(s.charCodeAt(i)); } return o;`,
    ],
    [
        "charCodeAt past the end",
        `const s = "abc"; const i = s.length; const c = s.charCodeAt(i); return c !== c ? "NaN" : "number";`,
    ],
    [
        "charAt",
        `const s = "hello"; const i = s.length - 5; return s.charAt(i) + s.charAt(i + 4) + "[" + s.charAt(i + 5) + "]";`,
    ],
    ["octets", `const n = 65; return String.fromCharCode(n, n + 1, 67);`],
    ["slice(a)", `const s = "hello"; const a = s.length - 3; return s.slice(a);`],
    ["slice(a, b)", `const s = "hello"; const a = 1; const b = s.length - 1; return s.slice(a, b);`],
    ["slice to 0", `const s = "hello"; const b = s.length - 5; return "[" + s.slice(0, b) + "]";`],
    ["slice from behind", `const s = "hello"; const b = 1 - s.length; return s.slice(b) + s.slice(0, b);`],
    ["slice past the end", `const s = "hello"; const b = s.length + 9; return s.slice(b) + s.slice(2, b);`],
    [
        "substring",
        `const s = "hello"; const a = s.length - 3; return s.substring(a) + s.substring(a, 1) + s.substring(-a, a);`,
    ],
    ["indexOf from", `const s = "hello"; const i = s.indexOf("l"); return String(s.indexOf("l", i + 1));`],
    [
        "concatenation",
        `const n = 7; const a = "x"; return a + (n + 1) + ("-" + n + a) + n * 2 + (a + "!").length + 5 + String(n === 7 ? 0.5 : n);`,
    ],
    [
        "indexOf nothing",
        `const s = "hello"; const p = "z"; return String(s.indexOf(p)) + String(s.indexOf("l", s.length - 1));`,
    ],
    ["indexOf plain", `const s = "a.b%c"; return String(s.indexOf(".")) + s.indexOf("%c") + s.indexOf("b", 2);`],
    [
        "many calls",
        `let o = 0; for (let i = 0; i < 5; i++) { o += Math.max(i, 2) + Math.max(1, i) + Math.floor(i / 2); } return String(o);`,
    ],
    ["continue", `let o = ""; for (let i = 0; i < 4; i++) { if (i === 2) { continue; } o += String(i); } return o;`],
    [
        "switch",
        `let o = ""; for (const k of ["a", "b", "c"]) { switch (k) { case "a": case "b": o += k; break; default: o += "?"; } } return o;`,
    ],
    ["queue", `const q: string[] = []; q.push("a"); q.push("b"); q.shift(); return q.join(",") + String(q.length);`],
];
test("Lua bundle: what JavaScript gives", async (t) => {
    const functions = SAME.map(([, source], at) => `function case${at}(): string { ${source} }`).join("\n");
    const main = `main = () => ${SAME.map((_, at) => `case${at}()`).join(' + "|" + ')};`;
    const given = runLua(bundle(t, { "main.ts": `${MAIN}${functions}\n${main}` })).split("|");
    for (const [at, [name, source]] of SAME.entries()) {
        const expected = String(runInNewContext(`(() => { ${source.replace(/: string\[\]/g, "")} })()`));
        await t.test(name, () => assert.equal(given[at], expected));
    }
});

test("Lua bundle: modules find each other's names, shared, shadowed and shortened; types leave nothing", (t) => {
    const code = bundle(t, {
        "shared/bytes.ts": `export type Bytes = string;\nexport const FIRST = 65;\nexport function octet(n: number): Bytes { return String.fromCharCode(n); }`,
        "state.ts": `let count = 0;\nexport function next(): number { count++; return count; }`,
        "core/step.ts": `import { FIRST, octet } from "../shared/bytes.ts";\nimport type { Bytes as Text } from "../shared/bytes.ts";\nlet count = 5;\nexport interface Step { octet: Text; count: number }\nexport function step(n: number): Step { const next = FIRST + n; count++; return { octet: octet(next), count }; }`,
        "main.ts": `import { step } from "./core/step.ts";\nimport { octet } from "./shared/bytes.ts";\nimport { next } from "./state.ts";\n${MAIN}main = () => step(0).octet + step(1).count + octet(67) + next() + next();`,
    });
    assert.equal(runLua(code), "A7C12");
    assert.doesNotMatch(code, /Bytes|FIRST|Step/);
});

test("Lua bundle: constants stand where they are used", (t) => {
    const code = bundle(t, {
        "limits.ts": `export const MOST = 17;\nexport const WORD = "abc";`,
        "main.ts": `import { MOST, WORD } from "./limits.ts";\nconst HALF = 5;\nlet step = 1;\n${MAIN}main = () => { step += HALF; return WORD + MOST + step + WORD.length; };`,
    });
    assert.equal(runLua(code), "abc1763");
    assert.doesNotMatch(code, /MOST|WORD|HALF/);
});

test("Lua bundle: its names are no globals, and what it gives the application is one", (t) => {
    const code = bundle(t, {
        "main.ts": `declare let given: number;\ndeclare let a: number | undefined;\nlet mine = 5;\nfunction next(): number { mine++; return mine; }\n${MAIN}main = () => { given = next() + next(); return given + (a === undefined ? "none" : "one"); };`,
    });
    const known = "local known = { given = true, main = true } for name in pairs(_G) do known[name] = true end";
    const others = "for name in pairs(_G) do if not known[name] then error(name) end end";
    assert.equal(runLua(`${known} (function() ${code} end)() main() ${others}`), "17none");
});

const REFUSED: [what: string, sources: Record<string, string>, why: RegExp][] = [
    [
        "modules that import each other",
        {
            "a.ts": `import { b } from "./main.ts";\nexport function a(): string { return b(); }`,
            "main.ts": `import { a } from "./a.ts";\nexport function b(): string { return a(); }`,
        },
        /import each other: .*main\.ts → .*a\.ts → .*main\.ts/,
    ],
    [
        "a call that needs typescript-to-lua's library",
        { "main.ts": `${MAIN}main = () => " a".trim();` },
        /library: __TS__StringTrim/,
    ],
    ["a wrong type", { "main.ts": `${MAIN}main = () => 5;` }, /main\.ts\(2,\d+\): error TS2322/],
    [
        "more locals than NodeMCU's Lua takes",
        {
            "main.ts": `${MAIN}main = () => { ${Array.from({ length: 60 }, (_, i) => `const a${i} = main();`).join(" ")} return a0; };`,
        },
        /A function has 6\d locals at once; NodeMCU's Lua stops at 50/,
    ],
];
for (const [what, sources, why] of REFUSED) {
    test(`Lua bundle: ${what}: refused by a sentence`, (t) => {
        assert.throws(
            () => bundle(t, sources),
            (error: unknown) => error instanceof BuildError && why.test(error.message),
        );
    });
}

const LOCALS: [code: string, most: number][] = [
    ["", 0],
    ["local a, b = 1, 2", 2],
    ["do local a = 1 end local b = 2", 1],
    ["local a = 1 do local b = 2 end do local c, d = 1, 2 end", 3],
    ["local a = 1 local function f() end", 2],
    ["for i = 1, 2 do local a = i end", 5],
    ["for k, v in pairs({}) do local a = v end", 6],
    ["if x then local a = 1 else local b, c = 1, 2 end", 2],
    ["f(function(p, q) local a = 1 end)", 4],
    ["local a = { g = function() local b, c, d = 1, 2, 3 end }", 4],
];
for (const [code, most] of LOCALS) {
    test(`Lua limits: ${code === "" ? "nothing" : code} holds ${most} locals at once`, () => {
        assert.equal(maxActiveLocals(code), most);
        assert.equal(holdToLimits(code), code);
    });
}
