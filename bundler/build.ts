/** Makes what is flashed. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import luamin from "luamin";
import { overlayEspruino } from "./espruino/overlay.ts";
import { shrinkEspruino } from "./espruino/shrink.ts";
import { compileLua, libraryCalls, readPrelude } from "./lua/bundle.ts";
import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "./lua/limits.ts";
import { shrinkBundle } from "./lua/shrink.ts";
import { privateNames } from "./private-names.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const ESPRUINO_BUNDLE = join(ROOT, "dist/espruino/toque.js");
export const NODEMCU_BUNDLE = join(ROOT, "dist/nodemcu/toque.lua");

/** Modules that the firmware has; everything else must be in the bundle. */
const FIRMWARE_MODULES = ["net", "tls", "http", "Wifi", "Storage", "ESP8266", "ESP32", "Flash", "crypto"];

/** The sentence to show, and nothing else: what is wrong is in the sources. */
export class BuildError extends Error {}

function demandEntry(path: string): void {
    if (!existsSync(join(ROOT, path))) {
        throw new BuildError(
            `${path} is missing, so there is no bundle to make. Write it, or build the other board only.`,
        );
    }
}

/**
 * One file that Espruino can parse; its octets from 0x80 on are Espruino's own for words and operators. Source maps would cost a board more
 * than they tell.
 * @param entry another program made of the device's parts: tests play the core on the board by itself
 */
export async function buildEspruino(outFile = ESPRUINO_BUNDLE, entry?: string): Promise<string> {
    if (entry === undefined) demandEntry("device/espruino/main.ts");
    const language = { target: "es2019", supported: { "nullish-coalescing": true }, charset: "ascii" } as const;
    const fail = (error: unknown): never => {
        throw new BuildError(`esbuild: ${String(error)}`);
    };
    const bundled = await build({
        ...language,
        entryPoints: [entry ?? join(ROOT, "device/espruino/main.ts")],
        write: false,
        bundle: true,
        format: "cjs",
        platform: "neutral",
        mangleProps: new RegExp(`^(${privateNames(ROOT, ["device/espruino/globals.d.ts"]).join("|")})$`),
        external: FIRMWARE_MODULES,
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
        logLevel: "silent",
    }).catch(fail);
    const minify = async (program: string): Promise<string> => {
        const supported = { ...language.supported, "object-extensions": false };
        const options = { ...language, supported, format: "cjs", minifySyntax: true, minifyWhitespace: true } as const;
        return (await transform(program, options).catch(fail)).code;
    };
    const program = await minify(shrinkEspruino(bundled.outputFiles[0]!.text));
    writeWhole(outFile, overlayEspruino(program));
    return outFile;
}

/** One Lua file, and the hand-written Lua of the board (init.lua) beside it. */
export function buildNodemcu(outFile = NODEMCU_BUNDLE): string {
    demandEntry("device/nodemcu/main.ts");
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

/** Whoever reads the file meanwhile reads the old one or the new one. @param text octets */
function writeWhole(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    try {
        writeFileSync(draft, text, "latin1");
        renameSync(draft, path);
    } catch (error) {
        rmSync(draft, { force: true });
        throw error;
    }
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
