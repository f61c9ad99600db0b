import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { ROOT } from "./servers/toque.ts";

/** `statfs` of a file system in memory: nothing there is ever flushed. */
const TMPFS = 0x01021994;

/** What the figures were measured on. */
export function machine() {
    const git = (...args: string[]) => {
        try {
            return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
        } catch {
            return "";
        }
    };
    const changed = git("status", "--porcelain") === "" ? "" : " and changes";
    return {
        date: new Date().toISOString().slice(0, 10),
        commit: git("rev-parse", "--short", "HEAD") + changed,
        node: process.version,
        cpus: `${cpus().length} × ${cpus()[0]!.model.trim()}`,
        memoryGb: Math.round(totalmem() / 1024 ** 3),
        linux: release(),
        disk:
            statfsSync(tmpdir()).type === TMPFS
                ? "none: the folder for temporary files is in memory, set TMPDIR"
                : "a disk",
    };
}
