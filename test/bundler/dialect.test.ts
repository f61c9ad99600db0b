import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ESLint } from "eslint";
import { ROOT } from "../../bundler/output.ts";

/** A file of the core that exists, so that the type-aware rules find its project. */
const CORE_FILE = join(ROOT, "device/core/states.ts");
const eslint = new ESLint({ cwd: ROOT });

/** Names of the rules a made-up source of the core breaks, those that are only about being unused left out. */
async function broken(source: string): Promise<string[]> {
    const results = await eslint.lintText(source, { filePath: CORE_FILE });
    const ids = results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message));
    return [...new Set(ids)].filter((id) => id !== "@typescript-eslint/no-unused-vars");
}

const SYNTAX = "no-restricted-syntax";
const FORBIDDEN: [what: string, source: string, rule: string][] = [
    ["bit and", "export const a = (n: number): number => n & 255;", SYNTAX],
    ["shift", "export const a = (n: number): number => n >> 1;", SYNTAX],
    ["unsigned shift assignment", "export function f(n: number): number { n >>>= 1; return n; }", SYNTAX],
    ["bit not", "export const a = (n: number): number => ~n;", SYNTAX],
    ["class", "export class A {}", SYNTAX],
    ["async function", "export async function f(): Promise<void> {}", SYNTAX],
    ["generator", "export function* f(): unknown { yield 1; }", SYNTAX],
    ["Map", "export const a = new Map();", SYNTAX],
    ["spread in a call", "export function f(a: number[]): number { return Math.max(...a); }", SYNTAX],
    ["spread in a record", "export function f(a: object): object { return { ...a }; }", SYNTAX],
    ["rest parameter", "export function f(...a: number[]): number { return a.length; }", SYNTAX],
    ["destructuring", "export function f(a: { b: number }): number { const { b } = a; return b; }", SYNTAX],
    ["array destructuring", "export function f(a: number[]): unknown { const [b] = a; return b; }", SYNTAX],
    ["default parameter", "export function f(a = 1): number { return a; }", SYNTAX],
    ["regular expression", "export const a = /x/;", SYNTAX],
    ["label", "export function f(): void { out: for (;;) { break out; } }", SYNTAX],
    ["optional chaining", "export function f(a?: { b: number }): unknown { return a?.b; }", SYNTAX],
    ["??=", "export function f(a: { b?: number }): void { a.b ??= 1; }", SYNTAX],
    ["**", "export const a = (n: number): number => n ** 2;", SYNTAX],
    ["computed key", "export const a = (k: string): object => ({ [k]: 1 });", SYNTAX],
    ["tagged template", "export const a = (t: (s: unknown) => string): string => t`x`;", SYNTAX],
    ["for-in", "export function f(a: object): void { for (const k in a) { f(k as never); } }", SYNTAX],
    [
        "default before a case",
        "export function f(n: number): number { switch (n) { default: return 1; case 2: return 2; } }",
        SYNTAX,
    ],
    ["toString(16)", "export const a = (n: number): string => n.toString(16);", SYNTAX],
    ["letter beyond ASCII", 'export const a = "é";', SYNTAX],
    ["escaped octet beyond ASCII", 'export const a = "\\xc0\\x00";', SYNTAX],
    ["octet beyond ASCII in a template", "export const a = `\\u00e9`;", SYNTAX],
    ["try", "export function f(): void { try { f(); } catch { f(); } }", SYNTAX],
    ["null", "export const a = null;", SYNTAX],
    ["push of two", "export function f(a: number[]): void { a.push(1, 2); }", SYNTAX],
    ["splice", "export function f(a: number[]): void { a.splice(0, 1); }", SYNTAX],
    ["assignment to length", "export function f(a: number[]): void { a.length = 0; }", SYNTAX],
    ["Math.random", "export const a = (): number => Math.random();", "no-restricted-properties"],
    ["Date", "export const a = (): number => Date.now();", "no-restricted-globals"],
    ["setTimeout", "export function f(): void { setTimeout(f, 1); }", "no-restricted-globals"],
    ["console", "export function f(): void { console.log(1); }", "no-restricted-globals"],
    [
        "number as a condition",
        "export const a = (n: number): number => (n ? 1 : 2);",
        "@typescript-eslint/strict-boolean-expressions",
    ],
    [
        "string as a condition",
        "export const a = (s: string): boolean => !s;",
        "@typescript-eslint/strict-boolean-expressions",
    ],
    [
        "use before definition",
        "export const a = (): number => g(); function g(): number { return 1; }",
        "@typescript-eslint/no-use-before-define",
    ],
    [
        "closure on a loop's variable",
        "export function f(a: (() => number)[]): void { for (let i = 0; i < 3; i++) { a.push(() => i); } }",
        "dialect/loop-closure",
    ],
    [
        "closure on an element",
        "export function f(a: (() => number)[], b: number[]): void { for (const n of b) { a.push(() => n); } }",
        "dialect/loop-closure",
    ],
    [
        "46 locals",
        `export function f(): void { ${Array.from({ length: 46 }, (_, n) => `const a${n} = ${n};`).join(" ")} }`,
        "dialect/max-locals",
    ],
    [
        "46 names in a file",
        Array.from({ length: 46 }, (_, n) => `const a${n} = ${n};`).join("\n"),
        "dialect/max-locals",
    ],
];
for (const [what, source, rule] of FORBIDDEN) {
    test(`dialect: ${what} is refused by ${rule}`, async () => {
        assert.ok((await broken(source)).includes(rule), `nothing said about: ${source}`);
    });
}

const ALLOWED: [what: string, source: string][] = [
    ["arithmetic for bits", "export const low = (n: number): number => n % 128;"],
    ["octets by number", "export const a = String.fromCharCode(0xc0, 0);"],
    [
        "a copy of a loop's variable",
        "export function f(a: (() => number)[], b: number[]): void { for (const n of b) { const m = n; a.push(() => m); } }",
    ],
    ["boolean conditions", "export const a = (n: number, s: string): boolean => n !== 0 && s !== '';"],
    ["default last", "export function f(n: number): number { switch (n) { case 2: return 2; default: return 1; } }"],
    ["low escapes", 'export const a = "\\u0000\\x7f\\n";'],
];
for (const [what, source] of ALLOWED) {
    test(`dialect: ${what} is allowed`, async () => {
        assert.deepEqual(await broken(source), []);
    });
}
