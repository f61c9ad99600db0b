import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import luamin from "luamin";
import { ROOT } from "../output.ts";
import { compileLua } from "./compile.ts";
import { holdToLimits } from "./limits.ts";
import { overlayLua } from "./overlay.ts";

export const NODEMCU_BUNDLE = join(ROOT, "dist/nodemcu/toque.lua");

const BOARD = join(ROOT, "device/nodemcu");

/**
 * The Lua files of a board: one that it reads its functions from, and beside it what nobody compiles (init.lua). The modules become one flat
 * script, typescript-to-lua translates that, and the overlay leaves its functions in flash.
 */
export function bundleNodemcu(): Map<string, string> {
    const files = new Map([["toque.lua", overlayLua(compileLua(join(BOARD, "main.ts")), "toque.lua")]]);
    for (const name of readdirSync(BOARD).filter((file) => file.endsWith(".lua") && file !== "prelude.lua")) {
        const lua = holdToLimits(readFileSync(join(BOARD, name), "utf8"));
        files.set(name, luamin.minify(lua) + "\n");
    }
    return files;
}
