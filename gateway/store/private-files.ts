import {
    chmodSync,
    closeSync,
    existsSync,
    fchmodSync,
    lstatSync,
    openSync,
    realpathSync,
    type Stats,
    statSync,
} from "node:fs";
import { GatewayError } from "../error.ts";
import { foreignHand, isOpenToOthers, kindOf } from "../system/file-status.ts";

/** What SQLite keeps beside a file of its own. */
const BESIDE = ["-wal", "-shm", "-journal"];

// Only paths here, no descriptors of files that are there already: closing any one of a file gives up all of this process's locks on it.

/** Makes an empty file for its owner alone, whatever the umask. @throws with code EEXIST when something is there, a link that leads nowhere too */
export function makePrivateFile(file: string): void {
    const handle = openSync(file, "wx", 0o600);
    try {
        fchmodSync(handle, 0o600);
    } finally {
        closeSync(handle);
    }
}

/** The file that a running gateway holds locked; others who could open it could hold it, too. @throws GatewayError unavailable */
export function makeLockFile(file: string): void {
    const there = look(file);
    if (there === undefined) {
        try {
            makePrivateFile(file);
        } catch (error) {
            if ((error as { code?: string }).code !== "EEXIST") throw error; // another start was faster
        }
    } else {
        refuseUnlessFile(file, there);
        if (isOpenToOthers(there, process.geteuid?.())) close(file, there);
    }
    refuseUnlessAbsentOrFile(`${file}-journal`);
}

/**
 * Looks at what SQLite will open, before it does: it says "read-only" of a folder, and names no file. Takes the rights of others away.
 * @returns sentences for whoever runs the gateway
 * @throws GatewayError unavailable when something else is in a file's place
 */
export function checkStoreFiles(dir: string, file: string, lock: string): string[] {
    const own = process.geteuid?.();
    const notices: string[] = [];
    const why = foreignHand(statSync(dir), own);
    if (why !== undefined) {
        notices.push(
            `The data folder ${dir} ${why}: they can put another store or another token in place of yours. Make it yours alone, with chown and "chmod 700".`,
        );
    }
    for (const end of ["", ...BESIDE]) {
        const draft = look(`${file}.new${end}`); // links and files are removed there
        if (draft?.isDirectory() === true) throw inTheWay(`${file}.new${end}`, draft);
    }
    for (const path of [lock, file, ...BESIDE.map((end) => real(file) + end)]) {
        const there = path === file ? lookThrough(file) : look(path);
        if (there === undefined) continue;
        refuseUnlessFile(path, there);
        if (!isOpenToOthers(there, own)) continue;
        const failed = close(path, there);
        notices.push(
            failed === undefined
                ? `Other users could open ${path}, a file of the store. Now its owner alone can.`
                : `Other users can open ${path}, a file of the store, and its rights cannot be changed (${failed}): put it where they can.`,
        );
    }
    return notices;
}

/** The store itself may be a link, to another disk perhaps; it has to lead to a file. */
function lookThrough(file: string): Stats | undefined {
    const there = look(file);
    if (there?.isSymbolicLink() !== true) return there;
    if (existsSync(file)) return statSync(file);
    throw refusal(
        `The store ${file} is a link that leads nowhere: mount the disk that it means, or move the link away to begin a new store.`,
    );
}

function real(file: string): string {
    return existsSync(file) ? realpathSync(file) : file;
}

function look(path: string): Stats | undefined {
    return lstatSync(path, { throwIfNoEntry: false });
}

function refuseUnlessAbsentOrFile(path: string): void {
    const there = look(path);
    if (there !== undefined) refuseUnlessFile(path, there);
}

function refuseUnlessFile(path: string, there: Stats): void {
    if (!there.isFile()) throw inTheWay(path, there);
}

function inTheWay(path: string, there: Stats): GatewayError {
    return refusal(
        `${path} is ${kindOf(there)}, where the store keeps a file of its own: move it away, then start again.`,
    );
}

/** Takes the rights of others away. @returns why not, when that failed */
function close(path: string, { mode }: Stats): string | undefined {
    try {
        chmodSync(path, mode & 0o700);
        return undefined;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? "unknown";
    }
}

function refusal(sentence: string): GatewayError {
    return new GatewayError("unavailable", sentence);
}
