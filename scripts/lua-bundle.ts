import { readFileSync } from "node:fs";
import ts from "typescript";
import * as tstl from "typescript-to-lua";

/** What a compilation gave: Lua by file name, or sentences that say why not. */
export interface LuaOutput {
    files: Map<string, string>;
    problems: string[];
}

/** Compiles a project with typescript-to-lua, in memory. */
export function compileLua(project: string): LuaOutput {
    const files = new Map<string, string>();
    const result = tstl.transpileProject(project, {}, (name, text) => files.set(name, text));
    const host = {
        getCanonicalFileName: (name: string) => name,
        getCurrentDirectory: () => process.cwd(),
        getNewLine: () => "\n",
    };
    const problems = result.diagnostics
        .filter((diagnostic) => diagnostic.category === ts.DiagnosticCategory.Error)
        .map((diagnostic) => ts.formatDiagnostic(diagnostic, host).trim());
    return { files, problems };
}

/** The functions of prelude.lua by name, in the file's order. */
export function readPrelude(path: string): Map<string, string> {
    const functions = new Map<string, string>();
    for (const part of readFileSync(path, "utf8").split(/\n\n(?=local function )/)) {
        const name = /^local function (\w+)/.exec(part)?.[1];
        if (name !== undefined) functions.set(name, part.trim());
    }
    return functions;
}

/** Library functions that this Lua calls. */
export function libraryCalls(lua: string): string[] {
    return [...new Set(lua.match(/\b__TS__\w+/g) ?? [])];
}

/**
 * Rewrites what typescript-to-lua bundled for a board with 40 KB of memory: numbers instead of module names, short
 * names for exports, and a loader that lets go of a module's code once it ran.
 */
export function shrinkBundle(bundle: string): string {
    const start = bundle.indexOf("____modules = {\n");
    const end = bundle.lastIndexOf("local ____entry = require(");
    const entry = /^local ____entry = require\("([^"]+)"/.exec(bundle.slice(end))?.[1];
    if (start < 0 || end < 0 || entry === undefined)
        throw new Error("typescript-to-lua's bundle has a shape unknown to scripts/lua-bundle.ts");
    let body = bundle.slice(start, end);

    const names = [...body.matchAll(/^\["([^"]+)"\] = function\(\.\.\.\)/gm)].map((match) => match[1] ?? "");
    names.forEach((name, index) => {
        body = body
            .replaceAll(`["${name}"] = function(...)`, `[${index}] = function()`)
            .replaceAll(`require("${name}")`, `require(${index})`);
    });
    const namespace = /^local (?!____)(\w+) = require\(\d+\)/m.exec(body)?.[1];
    if (namespace !== undefined)
        throw new Error(`"import * as ${namespace}" hides which names are exports: import the names.`);
    body = shortenExports(body);
    return [
        "local ____loaded, ____modules = {}, nil",
        "local function require(n)",
        "    local f = ____modules[n]",
        "    if f then ____modules[n] = nil ____loaded[n] = f() end",
        "    return ____loaded[n]",
        "end",
        body + `return require(${names.indexOf(entry)})`,
    ].join("\n");
}

/** Gives every exported name one or two letters: `____exports.encodeConnect`, `____encode_2Ets.encodeConnect` → `.a`. */
function shortenExports(body: string): string {
    const short = new Map<string, string>();
    return body.replace(/\b(____exports|____\w+_2Ets)\.(\w+)/g, (_, holder: string, name: string) => {
        if (!short.has(name)) short.set(name, shortName(short.size));
        return `${holder}.${short.get(name)}`;
    });
}

/** 0 → "a", 25 → "z", 26 → "a0", 27 → "b0": never a word of Lua's. */
function shortName(index: number): string {
    const letter = String.fromCharCode(97 + (index % 26));
    return index < 26 ? letter : `${letter}${Math.floor(index / 26) - 1}`;
}
