import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A sentence about the sources, or about the disk: nothing else is to be shown. */
export class BuildError extends Error {}

/**
 * Writes a file that stands under its name either whole or not at all, even when the power fails: file and folder are flushed.
 * @param text octets
 */
export function writeWhole(path: string, text: string): void {
    const folder = dirname(path);
    const draft = `${path}.${process.pid}`;
    mkdirSync(folder, { recursive: true });
    try {
        writeFileSync(draft, text, { encoding: "latin1", flush: true });
        renameSync(draft, path);
    } catch (error) {
        rmSync(draft, { force: true });
        throw error;
    }
    const opened = openSync(folder, "r");
    try {
        fsyncSync(opened);
    } finally {
        closeSync(opened);
    }
}
