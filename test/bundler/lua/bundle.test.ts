import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import { finishBundle, withPrelude } from "../../../bundler/build.ts";
import { BuildError, ROOT } from "../../../bundler/output.ts";
import { compileLua } from "../../../bundler/lua/bundle.ts";
import { maxActiveLocals } from "../../../bundler/lua/limits.ts";
import { freeLocals } from "../../../bundler/lua/names.ts";

/** The part of fengari (Lua 5.3) used here; it has no types. */
interface Fengari {
    lua: { lua_tostring(state: unknown, index: number): Uint8Array };
    lauxlib: { luaL_newstate(): unknown; luaL_dostring(state: unknown, lua: Uint8Array): number };
    lualib: { luaL_openlibs(state: unknown): void };
    to_luastring: (text: string) => Uint8Array;
}
const { lua, lauxlib, lualib, to_luastring } = createRequire(import.meta.url)("fengari") as Fengari;

/** Runs Lua and gives what it returns, as text. */
function runLua(code: string): string {
    const state = lauxlib.luaL_newstate();
    lualib.luaL_openlibs(state);
    const status = lauxlib.luaL_dostring(state, to_luastring(`return tostring((function() ${code}\nend)().main())`));
    const text = Buffer.from(lua.lua_tostring(state, -1)).toString("latin1");
    if (status !== 0) throw new Error(text);
    return text;
}

/** Compiles made-up sources with the NodeMCU board's own settings. */
function compile(t: TestContext, sources: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-lua-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(sources)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
    const project = {
        extends: join(ROOT, "device/nodemcu/tsconfig.json"),
        compilerOptions: { rootDir: folder, outDir: join(folder, "out") },
        include: [folder],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const { files, problems } = compileLua(join(folder, "tsconfig.json"));
    assert.deepEqual(problems, []);
    return [...files.values()].join("");
}

/** From sources to what a board would load. The exported name `main` is kept so that the test can call it. */
function bundle(t: TestContext, sources: Record<string, string>): string {
    const small = finishBundle(compile(t, sources));
    return `local m = (function() ${small} end)() local _, f = next(m) return { main = f }`;
}

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
for (const [name, source] of SAME) {
    test(`Lua bundle: ${name} gives what JavaScript gives`, (t) => {
        const main = `export function main(): string { ${source} }`;
        const expected = String(runInNewContext(`(() => { ${source.replace(/: string\[\]/g, "")} })()`));
        assert.equal(runLua(bundle(t, { "main.ts": main })), expected);
    });
}

test("Lua bundle: modules keep their exports through short names, type imports leave nothing", (t) => {
    const lua = bundle(t, {
        "shared/bytes.ts": `export type Bytes = string;\nexport const FIRST = 65;\nexport function octet(n: number): Bytes { return String.fromCharCode(n); }`,
        "core/step.ts": `import { FIRST, octet } from "../shared/bytes.ts";\nimport type { Bytes } from "../shared/bytes.ts";\nexport function step(n: number): Bytes { return octet(FIRST + n); }`,
        "main.ts": `import { step } from "./core/step.ts";\nimport { octet } from "./shared/bytes.ts";\nexport function main(): string { return step(0) + step(1) + octet(67); }`,
    });
    assert.equal(runLua(lua), "ABC");
    assert.doesNotMatch(lua, /Bytes|octet|shared/);
});

test("Lua bundle: names that are shared, shadowed, or too many for locals still mean the same", (t) => {
    const many = Array.from({ length: 90 }, (_, i) => `export function f${i}(a: number): number { return a + ${i}; }`);
    const sum = Array.from({ length: 90 }, (_, i) => `f${i}(a)`).join(" + ");
    const lua = bundle(t, {
        "many.ts": many.join("\n"),
        "state.ts": `let count = 0;\nexport function next(): number { count++; return count; }`,
        "main.ts":
            `import { ${many.map((_, i) => `f${i}`).join(", ")} } from "./many.ts";\nimport { next } from "./state.ts";\n` +
            `function f(a: number): string { const b = a; let c = ""; for (let a = 0; a < 3; a++) { const g = (b: number): number => b + a; c += g(b); } return c + a; }\n` +
            `export function main(): string { const a = 1; return (${sum}) + "," + f(next()) + f(next()); }`,
    });
    assert.equal(runLua(lua), `${90 + (89 * 90) / 2},12312342`);
    assert.ok(maxActiveLocals(lua) <= 50 + 3);
});

test("Lua bundle: constants stand where they are used, and what nobody calls is left out", (t) => {
    const lua = bundle(t, {
        "limits.ts": `export const MOST = 17;\nexport const WORD = "abc";\nexport const LONG = "0123456789012345678901234567890123456789";\nexport function never(): number { return 4242; }`,
        "main.ts": `import { LONG, MOST, WORD } from "./limits.ts";\nconst HALF = 5;\nlet step = 1;\nexport function main(): string { step += HALF; return WORD + MOST + step + WORD.length + LONG.length + LONG.length + LONG.length; }`,
    });
    assert.equal(runLua(lua), "abc1763404040");
    assert.doesNotMatch(lua, /4242|MOST/);
    assert.equal(lua.split("0123456789012345678901234567890123456789").length, 2);
});

test("Lua bundle: what stays out of text stays out of concatenations", (t) => {
    const folder = { "main.ts": `export function main(a?: string): string { return "a" + a; }` };
    assert.throws(
        () => compile(t, folder),
        /only strings and numbers can be added to a string in Lua; a is string \| undefined/,
    );
});

test("Lua bundle: modules that import each other are refused by name", (t) => {
    const lua = compile(t, {
        "a.ts": `import { b } from "./main.ts";\nexport function a(): string { return b(); }`,
        "main.ts": `import { a } from "./a.ts";\nexport function b(): string { return "b"; }\nexport function main(): string { return a(); }`,
    });
    assert.throws(() => finishBundle(lua), /import each other: main → a → main/);
});

test("Lua bundle: a call that needs typescript-to-lua's library is named", (t) => {
    const lua = compile(t, { "main.ts": `export function main(s: string): string { return s.trim(); }` });
    assert.throws(
        () => withPrelude(lua),
        (error: unknown) => error instanceof BuildError && /__TS__StringTrim/.test(error.message),
    );
});

test("Lua bundle: what runs once has no locals, so functions read from flash can see it", () => {
    const before = "do local a = 1 function ____e_f() local b = a end end";
    assert.equal(freeLocals(before), "____e_own_a = 1 function ____e_f() local b = ____e_own_a end");
});

test("Lua bundle: the only Session's fields are variables", (t) => {
    const lua = bundle(t, {
        "session.ts": `export interface Session { total: number; words: string[]; }\nexport function create(total: number): Session { return { total: total, words: [] } as unknown as Session; }`,
        "main.ts": `import { create } from "./session.ts";\nimport type { Session } from "./session.ts";\nfunction add(to: Session, word: string): void { to.total += 2; to.total++; to.words.push(word); }\nfunction each(call: (this: void, word: string) => void): void { call("a"); call("b"); }\nexport function main(): string { const session = create(5); each((word) => add(session, word)); return session.total + session.words.join("-"); }`,
    });
    assert.equal(runLua(lua), "11a-b");
    assert.doesNotMatch(lua, /total|words|\.\w+=/);
});

test("Lua bundle: its names are no globals, and what it gives the application is one", (t) => {
    const lua = bundle(t, {
        "main.ts": `declare let given: number;\ndeclare let a: number | undefined;\nlet mine = 5;\nfunction next(): number { mine++; return mine; }\nexport function main(): string { given = next() + next(); return given + (a === undefined ? "none" : "one"); }`,
    });
    const before = "local known = { given = true } for name in pairs(_G) do known[name] = true end";
    const others = "for name in pairs(_G) do if not known[name] then return name end end";
    const main = `main = function() local text = f() ${others} return text .. given end`;
    const program = `${before} ${lua.replace("main = f", main)}`;
    assert.equal(runLua(program), "13none13");
});

const LOCALS: [lua: string, most: number][] = [
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
    });
}
