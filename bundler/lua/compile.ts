import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { BuildError, ROOT } from "../output.ts";
import { privateNames } from "../private-names.ts";
import { flatten } from "./flatten.ts";
import { holdToLimits } from "./limits.ts";
import { functionsOf } from "./prelude.ts";

const PROJECT = join(ROOT, "device/nodemcu/tsconfig.json");
const GLOBALS = join(ROOT, "device/nodemcu/globals.d.ts");
const PRELUDE = join(ROOT, "device/nodemcu/prelude.lua");

/**
 * Compiles a module and all that it imports to one flat Lua program, whose functions and variables are global.
 * Throws a BuildError with what is wrong in the sources.
 */
export function compileLua(entry: string): string {
    const { options } = tstl.parseConfigFileWithSystem(PROJECT);
    options.rootDir = "/"; // a test's module may lie anywhere
    const host = declarationsReadOnce(ts.createCompilerHost(options));
    const modules = ts.createProgram([entry, GLOBALS], options, host);
    complain([...ts.getPreEmitDiagnostics(modules)]);

    const script = join(dirname(entry), "flat-program.ts");
    const names = privateNames(ROOT, ["device/nodemcu/globals.d.ts"]);
    const text = flatten(modules, entry, new Map(names.map((name, index) => [name, shortName(index)])));
    const files = { ...host };
    host.fileExists = (name) => name === script || files.fileExists(name);
    host.getSourceFile = (name, language, ...more) =>
        name === script
            ? ts.createSourceFile(name, text, language, true)
            : files.getSourceFile(name, language, ...more);
    const program = ts.createProgram([script, GLOBALS], options, host);
    let lua = "";
    const { diagnostics } = new tstl.Transpiler().emit({
        program,
        writeFile: (name, made) => {
            if (name.endsWith("flat-program.lua")) lua = made;
        },
    });
    complain([...ts.getPreEmitDiagnostics(program), ...diagnostics]);
    return holdToLimits(`${preludeFor(lua)}\n${lua}`);
}

/** The library's declarations are most of what the compiler reads, and a build compiles twice, the tests many times. */
const declarations = new Map<string, ts.SourceFile | undefined>();

function declarationsReadOnce(host: ts.CompilerHost): ts.CompilerHost {
    const getSourceFile: ts.CompilerHost["getSourceFile"] = (name, ...more) => {
        if (!name.endsWith(".d.ts")) return host.getSourceFile(name, ...more);
        if (!declarations.has(name)) declarations.set(name, host.getSourceFile(name, ...more));
        return declarations.get(name);
    };
    return { ...host, getSourceFile };
}

/** 0 → "a", 26 → "a1": never a word of Lua's. */
function shortName(index: number): string {
    return String.fromCharCode(97 + (index % 26)) + (index < 26 ? "" : String(Math.floor(index / 26)));
}

function complain(diagnostics: ts.Diagnostic[]): void {
    const host = {
        getCanonicalFileName: (name: string) => name,
        getCurrentDirectory: () => ROOT,
        getNewLine: () => "\n",
    };
    const errors = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error);
    if (errors.length > 0) throw new BuildError(ts.formatDiagnostics(errors, host).trim());
}

/** The functions of prelude.lua that a program calls instead of typescript-to-lua's library. */
function preludeFor(lua: string): string {
    const functions = functionsOf(readFileSync(PRELUDE, "utf8"));
    const called = [...new Set(lua.match(/\b__TS__\w+/g) ?? [])];
    return called
        .map((name) => {
            const found = functions.get(name);
            if (found !== undefined) return found;
            const help = "Write it without them, or add them to device/nodemcu/prelude.lua.";
            throw new BuildError(`This needs typescript-to-lua's library: ${name}. ${help}`);
        })
        .join("\n");
}
