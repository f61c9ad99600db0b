/** Makes what is flashed. */
import { join } from "node:path";
import { writeBuilt } from "../bin/built.mjs";
import { BuildError, ROOT } from "./output.ts";

/**
 * Builds the boards that are named, or both, into folders of their own, and takes away what an earlier build left there: all of it is sent
 * to a board. @returns the bundles' paths
 */
export async function buildAll(
    boards: string[] = ["espruino", "nodemcu"],
    dist = join(ROOT, "dist"),
): Promise<string[]> {
    const made: string[] = [];
    for (const board of boards) {
        if (board !== "espruino" && board !== "nodemcu")
            throw new BuildError(`There is no board "${board}": say espruino or nodemcu.`);
        const files = await bundle(board);
        try {
            const folder = join(dist, board);
            writeBuilt(folder, new Map([...files].map(([name, text]) => [name, Buffer.from(text, "latin1")])));
            made.push(join(folder, board === "nodemcu" ? "toque.lua" : "toque.js"));
        } catch (error) {
            throw whyNotWritten(error) ?? error;
        }
    }
    return made;
}

/** A board's files by name. What bundles them is loaded here, because the compilers take seconds on a small machine and not every start needs them. */
async function bundle(board: "espruino" | "nodemcu"): Promise<Map<string, string>> {
    if (board === "nodemcu") return (await import("./lua/build.ts")).bundleNodemcu();
    return new Map([["toque.js", await (await import("./espruino/build.ts")).bundleEspruino()]]);
}

/** The sentence for a disk or a folder that takes nothing; undefined: it is something else. */
function whyNotWritten(error: unknown): BuildError | undefined {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC") return new BuildError(`The disk of ${ROOT} is full: make room, then build again.`);
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return undefined;
    const what = `${join(ROOT, "dist")} cannot be written (${code})`;
    return new BuildError(`${what}: build as the user who owns that folder, or take it away and build again.`);
}
