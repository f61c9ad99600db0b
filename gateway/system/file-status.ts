/** What the system says of a file, a folder or a link, as `node:fs` gives it. */
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

/** What lies there, as a sentence names it. */
export function kindOf(status: FileStatus): string {
    if (status.isFile()) return "a file";
    if (status.isDirectory()) return "a folder";
    if (status.isSymbolicLink()) return "a link";
    return "no plain file (a pipe, a socket or a device)";
}

/**
 * Why what is there may be another user's word, to go on after its name: "belongs to another user (uid 7)". Undefined: it is one's own or
 * root's, and nobody else can write it. A link has no rights of its own, so only its owner counts.
 * @param ownUid undefined on systems that have no such thing
 */
export function foreignHand(status: FileStatus, ownUid: number | undefined): string | undefined {
    return foreignOwner(status, ownUid) ?? writersBeside(status, ownUid);
}

/** The same of its owner alone. */
export function foreignOwner({ uid }: FileStatus, ownUid: number | undefined): string | undefined {
    return ownUid === undefined || uid === ownUid || uid === 0 ? undefined : `belongs to another user (uid ${uid})`;
}

/** The same of who may write it. */
export function writersBeside(status: FileStatus, ownUid: number | undefined): string | undefined {
    if (ownUid === undefined || status.isSymbolicLink() || (status.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
    return "can be written by other users";
}

/** Whether others have any right on it. */
export function isOpenToOthers({ mode }: FileStatus, ownUid: number | undefined): boolean {
    return ownUid !== undefined && (mode & OPEN_TO_OTHERS) !== 0;
}
