import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import luamin from "luamin";
import { ROOT, writeWhole } from "../output.ts";
import { compileLua } from "./compile.ts";
import { holdToLimits } from "./limits.ts";
import { overlayLua } from "./overlay.ts";

export const NODEMCU_BUNDLE = join(ROOT, "dist/nodemcu/toque.lua");

const BOARD = join(ROOT, "device/nodemcu");

/** The Lua of the board that nobody compiles. */
export function handWritten(): string[] {
    return readdirSync(BOARD).filter((name) => name.endsWith(".lua") && name !== "prelude.lua");
}

/**
 * Makes one Lua file that the board reads its functions from, and puts the board's hand-written Lua (init.lua) beside it. The modules become
 * one flat script, typescript-to-lua translates that, and the overlay leaves its functions in flash.
 */
export function buildNodemcu(outFile = NODEMCU_BUNDLE): string {
    writeWhole(outFile, overlayLua(compileLua(join(BOARD, "main.ts")), "toque.lua"));
    for (const name of handWritten()) {
        const lua = holdToLimits(readFileSync(join(BOARD, name), "utf8"));
        writeWhole(join(dirname(outFile), name), luamin.minify(lua) + "\n");
    }
    return outFile;
}
