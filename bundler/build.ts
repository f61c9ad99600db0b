/** Makes what is flashed. */
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import luamin from "luamin";
import { buildEspruino } from "./espruino/build.ts";
import { compileLua, libraryCalls, readPrelude } from "./lua/bundle.ts";
import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "./lua/limits.ts";
import { shrinkBundle } from "./lua/shrink.ts";
import { BuildError, ROOT, writeWhole } from "./output.ts";
import { privateNames } from "./private-names.ts";

export const NODEMCU_BUNDLE = join(ROOT, "dist/nodemcu/toque.lua");

/** One Lua file, and the hand-written Lua of the board (init.lua) beside it. */
export function buildNodemcu(outFile = NODEMCU_BUNDLE): string {
    const { files, problems } = compileLua(join(ROOT, "device/nodemcu/tsconfig.json"));
    if (problems.length > 0) throw new BuildError(problems.join("\n"));
    const bundle = [...files.values()][0];
    if (files.size !== 1 || bundle === undefined)
        throw new BuildError(`typescript-to-lua wrote ${files.size} files instead of one.`);
    writeWhole(outFile, finishBundle(bundle, "toque.lua"));
    for (const name of handWritten()) {
        const lua = minifyLua(readFileSync(join(ROOT, "device/nodemcu", name), "utf8"));
        writeWhole(join(dirname(outFile), name), holdToLimits(lua));
    }
    return outFile;
}

/** The Lua of the board that nobody compiles. */
function handWritten(): string[] {
    return readdirSync(join(ROOT, "device/nodemcu")).filter((name) => name.endsWith(".lua") && name !== "prelude.lua");
}

/** Takes away what an earlier build left: all that is there is sent to a board. */
function removeOthers(bundle: string): void {
    const made = [basename(bundle), ...handWritten()];
    for (const name of readdirSync(dirname(bundle)))
        if (/\.(js|lua)$/.test(name) && !made.includes(name)) rmSync(join(dirname(bundle), name));
}

/** What typescript-to-lua bundled, as small as it gets. @param file on the board, if its functions are to be read from there */
export function finishBundle(bundle: string, file?: string): string {
    const names = new Set(privateNames(ROOT, ["device/nodemcu/globals.d.ts"]));
    return holdToLimits(shrinkBundle(bundle, names, withPrelude, minifyLua, file));
}

/** Puts the prelude's functions that a bundle calls in front of it. */
export function withPrelude(lua: string): string {
    const prelude = readPrelude(join(ROOT, "device/nodemcu/prelude.lua"));
    const calls = libraryCalls(lua);
    const missing = calls.filter((name) => !prelude.has(name));
    if (missing.length > 0) {
        throw new BuildError(
            `These need typescript-to-lua's library: ${missing.join(", ")}. Write it without them, or add them to device/nodemcu/prelude.lua.`,
        );
    }
    return [...calls.map((name) => prelude.get(name)), lua].join("\n");
}

function minifyLua(lua: string): string {
    return luamin.minify(lua) + "\n";
}

/** Throws what NodeMCU's Lua 5.1 cannot load. */
function holdToLimits(lua: string): string {
    const locals = maxActiveLocals(lua);
    if (locals > MAX_ACTIVE_LOCALS)
        throw new BuildError(`A function has ${locals} locals at once; NodeMCU's Lua stops at ${MAX_ACTIVE_LOCALS}.`);
    return lua;
}

/** Builds the boards that are named, or both. */
export async function buildAll(boards: string[] = ["espruino", "nodemcu"]): Promise<string[]> {
    const made: string[] = [];
    for (const board of boards) {
        if (board !== "espruino" && board !== "nodemcu")
            throw new BuildError(`There is no board "${board}": say espruino or nodemcu.`);
        try {
            const bundle = board === "espruino" ? await buildEspruino() : buildNodemcu();
            removeOthers(bundle);
            made.push(bundle);
        } catch (error) {
            throw whyNotWritten(error) ?? error;
        }
    }
    return made;
}

/** The sentence for a disk or a folder that takes nothing; undefined: it is something else. */
function whyNotWritten(error: unknown): BuildError | undefined {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC") return new BuildError(`The disk of ${ROOT} is full: make room, then build again.`);
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return undefined;
    const what = `${join(ROOT, "dist")} cannot be written (${code})`;
    return new BuildError(`${what}: build as the user who owns that folder, or take it away and build again.`);
}
