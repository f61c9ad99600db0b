import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { OPTIONS } from "../config.ts";
import { type FileStatus, foreignHand } from "../system/file-status.ts";
import { Failure } from "./failure.ts";

// A folder `toque-data` in the current one is used by whoever names no other. Anybody who may write in the current folder, /tmp say, can
// put one there: an address in it would get this user's token and messages. So it has to be this user's own, or root's.

/** The data folder, and whether somebody named it. An empty variable names none. @throws Failure when the flag is empty */
export function chooseFolder(
    flag: string | undefined,
    environment: NodeJS.ProcessEnv,
): { data: string; named: boolean } {
    if (flag?.trim() === "") throw new Failure("--data is empty: leave it out or give it a value.", 2);
    const variable = environment[OPTIONS.data.environment] ?? "";
    const name = flag ?? (variable.trim() === "" ? undefined : variable);
    return { data: name ?? OPTIONS.data.fallback, named: name !== undefined };
}

/** @throws Failure when this folder, which nobody named, may be another user's work */
export function checkFolder(data: string, judge: typeof foreignHand = foreignHand): void {
    for (const look of [lstatSync, statSync] as const) {
        let status: Stats | undefined;
        try {
            status = look(data, { throwIfNoEntry: false });
        } catch {
            // a loop of links, or a folder on the way that may not be entered: nothing is read there
        }
        if (status !== undefined) refuse(data, data, judge(status, process.geteuid?.()));
    }
}

/**
 * Reads a file of a data folder. A link in its place is followed only when somebody named the folder; what is no plain file, a pipe
 * perhaps, is not waited for.
 * @returns undefined when there is none that could be read
 * @throws Failure when nobody named the folder, and folder or file may be another user's
 */
export function readFound(data: string, name: string, named: boolean): string | undefined {
    if (!named) checkFolder(data);
    const path = join(data, name);
    let handle: number;
    try {
        handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (named ? 0 : constants.O_NOFOLLOW));
    } catch {
        return undefined;
    }
    try {
        const status: FileStatus = fstatSync(handle);
        if (!status.isFile()) return undefined;
        if (!named) refuse(path, data, foreignHand(status, process.geteuid?.()));
        return readFileSync(handle, "utf8");
    } finally {
        closeSync(handle);
    }
}

function refuse(path: string, data: string, why: string | undefined): void {
    if (why === undefined) return;
    throw new Failure(
        `${path} ${why}, so nothing in ${data} is believed unless you name it: say --data ${data} if you trust it, or name another folder.`,
    );
}
