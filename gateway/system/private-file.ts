import {
    chmodSync,
    closeSync,
    constants,
    existsSync,
    fchmodSync,
    fstatSync,
    fsyncSync,
    lstatSync,
    mkdirSync,
    openSync,
    readSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { GatewayError } from "../error.ts";

// Files that only the gateway's user may read and change: written whole and flushed, and believed only when nobody else wrote them.

/** What the system knows of a file, a folder or a link, as `node:fs` gives it. */
export interface FileStatus {
    readonly mode: number;
    readonly uid: number;
    isFile(): boolean;
    isDirectory(): boolean;
    isSymbolicLink(): boolean;
}

const WRITABLE_BY_OTHERS = 0o022;
/** Any right of the group's or the others'. */
const OPEN_TO_OTHERS = 0o077;
/** The files read here are of a line or two. */
const MAX_READ_OCTETS = 4096;
/** Undefined on systems that have no owners. */
const ownUid = () => process.geteuid?.();

/** What is there, as a sentence names it. */
export function kindOf(status: FileStatus): string {
    if (status.isFile()) return "a file";
    if (status.isDirectory()) return "a folder";
    if (status.isSymbolicLink()) return "a link";
    return "no plain file (a pipe, a socket or a device)";
}

/** Why it may be another user's work, to go on after its name. Undefined: its owner is this user or root. */
export function foreignOwner({ uid }: FileStatus, own = ownUid()): string | undefined {
    return own === undefined || uid === own || uid === 0 ? undefined : `belongs to another user (uid ${uid})`;
}

/** The same, and nobody else can write it. A link has no rights of its own: only its owner counts. */
export function foreignHand(status: FileStatus, own = ownUid()): string | undefined {
    const writable = own !== undefined && !status.isSymbolicLink() && (status.mode & WRITABLE_BY_OTHERS) !== 0;
    return foreignOwner(status, own) ?? (writable ? "can be written by other users" : undefined);
}

/** Takes the rights of others away. @returns a sentence about it; undefined when they had none */
export function closeToOthers(path: string, { mode }: FileStatus): string | undefined {
    if (ownUid() === undefined || (mode & OPEN_TO_OTHERS) === 0) return undefined;
    try {
        chmodSync(path, mode & 0o700);
        return `Other users could open ${path}. Now only its owner can.`;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return `Other users can open ${path}, and its rights cannot be changed (${code}): move it to where they can.`;
    }
}

/** The refusal of what stands at the path of a file of ours. @param what such as `is ${kindOf(status)}` */
export function inTheWay(path: string, what: string): GatewayError {
    const sentence = `${path} ${what}, where the gateway keeps a file of its own: move it away, then start again.`;
    return new GatewayError("unavailable", sentence);
}

/**
 * Reads a plain file; a pipe is not waited for.
 * @returns undefined when there is none; `foreign` is why it, or the link to it, may be another user's work
 * @throws GatewayError("unavailable") when it cannot be read or is no file
 */
export function readPrivateFile(path: string): { text: string; status: FileStatus; foreign?: string } | undefined {
    let handle: number | undefined;
    try {
        const link = lstatSync(path);
        handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
        const status = fstatSync(handle);
        if (!status.isFile()) throw inTheWay(path, `is ${kindOf(status)}`);
        const buffer = Buffer.alloc(MAX_READ_OCTETS);
        const text = buffer.toString("utf8", 0, readSync(handle, buffer));
        return {
            text,
            status,
            foreign: (link.isSymbolicLink() ? foreignHand(link) : undefined) ?? foreignHand(status),
        };
    } catch (error) {
        if (error instanceof GatewayError) throw error;
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") return undefined; // a link that leads nowhere, too
        throw inTheWay(path, `cannot be read (${code})`);
    } finally {
        if (handle !== undefined) closeSync(handle);
    }
}

/**
 * Writes a file for its owner alone, whole or not at all. What stands at its place or at its draft's, a link perhaps, is replaced and not
 * followed.
 * @throws GatewayError("unavailable") when a folder is there, or the disk does not take it
 */
export function writePrivateFile(path: string, text: string): void {
    const draft = `${path}.new`;
    try {
        for (const place of [path, draft]) {
            const there = lstatSync(place, { throwIfNoEntry: false });
            if (there?.isDirectory() === true) throw inTheWay(place, "is a folder");
        }
        rmSync(draft, { force: true });
        makePrivateFile(draft, text);
        moveIntoPlace(draft, path);
    } catch (error) {
        throw error instanceof GatewayError ? error : cannotWrite(path, error);
    }
}

/** @returns the sentence for a disk or a folder that does not take what is written */
export function cannotWrite(path: string, cause: unknown): GatewayError {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const sentence = `${path} cannot be written (${code}): look at the space and the rights of ${dirname(path)}, then try again.`;
    return new GatewayError("unavailable", sentence, { cause });
}

/** Makes a file and flushes it; its mode does not depend on the umask. @throws with code EEXIST when anything is there, a link that leads nowhere too */
export function makePrivateFile(path: string, text = "", mode = 0o600): void {
    const handle = openSync(path, "wx", mode);
    try {
        fchmodSync(handle, mode);
        writeFileSync(handle, text);
        fsyncSync(handle);
    } finally {
        closeSync(handle);
    }
}

/** Flushes a file or a folder and gives it its name, which stands after a power cut, too. */
export function moveIntoPlace(draft: string, path: string): void {
    flush(draft);
    renameSync(draft, path);
    flush(dirname(path));
}

/** As mkdir -p does, for the owner alone. Node's own never ends where mkdir answers ENOENT for a folder that is there (/proc, network drives). */
export function makeFolder(path: string): void {
    if (existsSync(path)) return;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
    flush(dirname(path));
}

function flush(path: string): void {
    const handle = openSync(path, "r");
    try {
        fsyncSync(handle);
    } finally {
        closeSync(handle);
    }
}
