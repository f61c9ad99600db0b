import { existsSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { BuildError } from "../output.ts";
import type { BoardName, Built } from "./built.ts";

/** What a board's own language is called. */
const OWN = { espruino: ".js", nodemcu: ".lua" } as const;

/**
 * Makes of a person's application, and of what it imports, the one file that a board runs: `.bootcde` on Espruino, `app.lua` on NodeMCU.
 * TypeScript is checked with the types of `toque/board` and compiled; JavaScript is checked and bundled; Lua comes back as it is.
 * Throws a BuildError with what the board cannot run, by the person's own files, lines and columns.
 */
export async function buildApplication(file: string, board: BoardName): Promise<Built> {
    if (!existsSync(file)) throw new BuildError(`There is no file ${file}.`);
    const ending = extname(file);
    const expected = `An application for ${board} ends in .ts or ${OWN[board]}: ${file} does not.`;
    if (ending !== ".ts" && ending !== OWN[board]) throw new BuildError(expected);
    if (ending === ".lua") return { program: readFileSync(file) };
    if (board === "nodemcu") return (await import("./nodemcu.ts")).buildForNodemcu(file);
    return (await import("./espruino.ts")).buildForEspruino(file);
}
