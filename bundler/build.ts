/** Makes what is flashed. */
import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { buildEspruino } from "./espruino/build.ts";
import { buildNodemcu, handWritten } from "./lua/build.ts";
import { BuildError, ROOT } from "./output.ts";

/** Takes away what an earlier build left: all that is there is sent to a board. */
function removeOthers(bundle: string): void {
    const made = [basename(bundle), ...handWritten()];
    for (const name of readdirSync(dirname(bundle)))
        if (/\.(js|lua)$/.test(name) && !made.includes(name)) rmSync(join(dirname(bundle), name));
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
