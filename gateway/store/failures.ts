import { GatewayError } from "../error.ts";

const LOCKED = "The store cannot write: another program has locked its file. Close that program, then try again.";
const DAMAGED =
    "The store's file is damaged. Stop the gateway, move the file and its log (-wal) away, and put a backup in their place.";

/** Sentences for failures of the disk, the file or its locks. By primary result code, sqlite.org/rescode.html. */
const SENTENCES: Record<string, string> = {
    SQLITE_FULL: "The store cannot write: its disk is full. Free some space, then try again.",
    SQLITE_IOERR:
        "The store cannot write: its disk reports an error. Look at the disk and the system's log, then try again.",
    SQLITE_READONLY: "The store cannot write: its folder or file is read-only. Make it writable, then try again.",
    SQLITE_PERM: "The store cannot write: the permissions of its folder forbid it. Change them, then try again.",
    SQLITE_BUSY: LOCKED,
    SQLITE_LOCKED: LOCKED,
    SQLITE_PROTOCOL: LOCKED,
    SQLITE_NOMEM: "The store cannot write: there is no memory left. Close other programs, then try again.",
    SQLITE_CANTOPEN:
        "The store's file cannot be opened. Look whether its folder is there and may be written, then try again.",
    SQLITE_CORRUPT: DAMAGED,
    SQLITE_NOTADB: DAMAGED,
};

/** The caller's error for a failure of the disk, the file or its locks. Undefined: it is a bug. */
export function unavailable(failure: unknown): GatewayError | undefined {
    const code = (failure as { code?: unknown } | undefined)?.code;
    if (typeof code !== "string") return undefined;
    const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? "";
    const sentence = SENTENCES[primary];
    return sentence === undefined ? undefined : new GatewayError("unavailable", sentence, { cause: failure });
}

/** For data that this program cannot have written. */
export function damaged(cause: unknown): GatewayError {
    return new GatewayError("unavailable", DAMAGED, { cause });
}

/** An error on its way out of the thread. */
export interface Failure {
    /** a GatewayError's; absent for a bug */
    code?: GatewayError["code"];
    message: string;
    stack?: string;
}

export function toFailure(error: unknown): Failure {
    const known = error instanceof GatewayError ? error : unavailable(error);
    if (known !== undefined) return { code: known.code, message: known.message };
    return error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) };
}

export function fromFailure(failure: Failure): Error {
    if (failure.code !== undefined) return new GatewayError(failure.code, failure.message);
    const { message, stack } = failure;
    return Object.assign(new Error(`the store failed: ${message}`), stack === undefined ? {} : { stack });
}
