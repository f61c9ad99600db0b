import { lstatSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { OPTIONS } from "../config.ts";
import { foreignHand, readPrivateFile } from "../system/private-file.ts";
import { Failure } from "./failure.ts";

// Without --data the commands use the folder `toque-data` in the current one. Anybody who may write in the current folder, /tmp say, can
// put one there: an address in it would get this user's token and messages. So it has to be this user's own, or root's.

/** The gateway's folder. */
export interface DataFolder {
    data: string;
    /** by --data or TOQUE_DATA: then the commands trust what is in it */
    named: boolean;
}

/** An empty variable names no folder. @throws Failure when the flag is empty */
export function chooseFolder(flag: string | undefined, environment: NodeJS.ProcessEnv): DataFolder {
    if (flag?.trim() === "") throw new Failure("--data is empty: leave it out or give it a value.", 2);
    const variable = environment[OPTIONS.data.environment] ?? "";
    const name = flag ?? (variable.trim() === "" ? undefined : variable);
    return { data: name ?? OPTIONS.data.fallback, named: name !== undefined };
}

/** @throws Failure when nobody named the folder and it may be another user's work */
export function checkFolder({ data, named }: DataFolder, judge: typeof foreignHand = foreignHand): void {
    for (const look of named ? [] : [lstatSync, statSync]) {
        let status: Stats | undefined;
        try {
            status = look(data, { throwIfNoEntry: false });
        } catch {
            // a loop of links, or a folder on the way that may not be entered: nothing is read there
        }
        if (status !== undefined) refuse(data, data, judge(status));
    }
}

/**
 * Reads a file of the folder.
 * @returns undefined when there is none that can be read
 * @throws Failure when nobody named the folder, and folder or file may be another user's work
 */
export function readFound(folder: DataFolder, name: string): string | undefined {
    checkFolder(folder);
    const path = join(folder.data, name);
    let found: ReturnType<typeof readPrivateFile>;
    try {
        found = readPrivateFile(path);
    } catch {
        return undefined;
    }
    if (!folder.named) refuse(path, folder.data, found?.foreign);
    return found?.text;
}

function refuse(path: string, data: string, why: string | undefined): void {
    if (why === undefined) return;
    throw new Failure(
        `${path} ${why}, so nothing in ${data} is trusted unless you name it: use --data ${data} if you trust it, or name another folder.`,
    );
}
