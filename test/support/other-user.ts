import { lchownSync } from "node:fs";

/** "nobody", whom every Linux has, and who owns nothing. */
export const OTHER_UID = 65_534;

/** Why a test that gives a file to another user cannot run. False: it can. */
export const NOT_ROOT = process.geteuid?.() === 0 ? false : "does not run as root: files of another user";

/** Makes it another user's; a link itself, not what it leads to. */
export function giveAway(path: string): void {
    lchownSync(path, OTHER_UID, OTHER_UID);
}
