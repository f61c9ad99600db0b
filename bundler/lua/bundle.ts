import { readFileSync } from "node:fs";
import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { concatenationProblems } from "./concatenation.ts";
import { sessionPlugin } from "./session.ts";
import { truthPlugin } from "./truth.ts";

/** What a compilation gave: Lua by file name, or sentences that say why not. */
export interface LuaOutput {
    files: Map<string, string>;
    problems: string[];
}

/** Compiles a project with typescript-to-lua, in memory. */
export function compileLua(project: string): LuaOutput {
    const files = new Map<string, string>();
    const config = tstl.parseConfigFileWithSystem(project);
    const program = ts.createProgram(config.fileNames, config.options);
    const result = new tstl.Transpiler().emit({
        program,
        writeFile: (name, text) => files.set(name, text),
        plugins: [truthPlugin, sessionPlugin],
    });
    const diagnostics = [...config.errors, ...ts.getPreEmitDiagnostics(program), ...result.diagnostics];
    const host = {
        getCanonicalFileName: (name: string) => name,
        getCurrentDirectory: () => process.cwd(),
        getNewLine: () => "\n",
    };
    const problems = [...ts.sortAndDeduplicateDiagnostics(diagnostics)]
        .filter((diagnostic) => diagnostic.category === ts.DiagnosticCategory.Error)
        .map((diagnostic) => ts.formatDiagnostic(diagnostic, host).trim());
    return { files, problems: problems.length > 0 ? problems : concatenationProblems(program) };
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
