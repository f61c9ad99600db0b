import { existsSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type * as TypeScriptToLua from "typescript-to-lua";
import { globalsOf } from "../lua/globals.ts";
import { holdToLimits } from "../lua/limits.ts";
import { functionsOf } from "../lua/prelude.ts";
import { BuildError } from "../output.ts";
import type { Built } from "./built.ts";
import { PRELUDE, loadTypeScript, loadTypeScriptToLua } from "./compilers.ts";
import { folderOf, placesOf } from "./places.ts";
import { checkTypes, complain } from "./types.ts";

/** What typescript-to-lua takes for a global of the firmware. */
const JAVASCRIPTS = ["JSON", "Date", "RegExp", "Reflect", "Proxy", "Intl", "ArrayBuffer", "DataView", "Uint8Array"];

/** An application for NodeMCU: of one module a plain file, of several typescript-to-lua's bundle. */
export async function buildForNodemcu(file: string): Promise<Built> {
    const ts = await loadTypeScript();
    const { Transpiler, LuaTarget, LuaLibImportKind } = await loadTypeScriptToLua();
    const options = {
        luaTarget: LuaTarget.Lua51,
        luaLibImport: LuaLibImportKind.None,
        noImplicitSelf: true,
        noHeader: true,
        sourceMap: true,
        removeComments: true,
        outDir: folderOf(file),
    } satisfies TypeScriptToLua.CompilerOptions;
    let program = checkTypes(ts, file, "nodemcu", options);
    if (program.getSourceFiles().filter(({ isDeclarationFile }) => !isDeclarationFile).length > 1)
        program = checkTypes(ts, file, "nodemcu", { ...options, luaBundle: "app.lua", luaBundleEntry: resolve(file) });
    const made = new Map<string, string>();
    const { diagnostics } = new Transpiler().emit({
        program,
        plugins: [{ moduleResolution: (name, from) => ofTheSameFolder(name, from) }],
        writeFile: (name, text) =>
            void made.set(name.endsWith(".map") ? "map" : name.endsWith(".lua") ? "lua" : "", text),
    });
    complain(ts, diagnostics);
    return withPrelude(file, made.get("lua")!, made.get("map")!);
}

/** `pins.nodemcu.ts` for "./pins": typescript-to-lua does not look for it. */
function ofTheSameFolder(name: string, from: string): string | undefined {
    const path = `${resolve(folderOf(from), name.replace(/\.ts$/, ""))}.nodemcu.ts`;
    return name.startsWith(".") && existsSync(path) ? path : undefined;
}

/** Puts in front what the program calls of a library, in as many lines as the map is moved by. */
function withPrelude(file: string, lua: string, map: string): Built {
    const where = placesOf(map, lua, file);
    const functions = functionsOf(readFileSync(PRELUDE, "utf8"));
    const missing: string[] = [];
    const needed = new Set<string>();
    for (const { name, line, column } of globalsOf(lua)) {
        if (functions.has(name)) needed.add(name);
        else if (name.startsWith("__TS__")) missing.push(`${where({ line, column })}: ${name.slice("__TS__".length)}`);
        else if (JAVASCRIPTS.includes(name)) missing.push(`${where({ line, column })}: ${name}`);
    }
    if (missing.length > 0)
        throw new BuildError(
            `This needs typescript-to-lua's library, which a board has not: write it without.\n${missing.join("\n")}`,
        );
    const prelude = [...needed].map((name) => `local ${functions.get(name)!}\n`).join("");
    const program = prelude + lua;
    try {
        holdToLimits(program);
    } catch (error) {
        throw error instanceof BuildError
            ? new BuildError(`${relative(process.cwd(), file)}: ${error.message}`)
            : error;
    }
    const moved = JSON.parse(map) as { mappings: string };
    moved.mappings = ";".repeat(prelude.split("\n").length - 1) + moved.mappings;
    return { program: Buffer.from(program), map: JSON.stringify(moved) };
}
