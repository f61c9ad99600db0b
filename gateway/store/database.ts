import { existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { GatewayError } from "../error.ts";
import { makeFolder, makePrivateFile, moveIntoPlace } from "../system/private-file.ts";
import { asDamaged, checkKind, damaged, damagedLog, isOfThisSchema, isSound, refusal } from "./check.ts";
import { unavailable } from "./failures.ts";
import { hasLostFrames } from "./log-check.ts";
import { beginRun } from "./places.ts";
import { migrate } from "./schema.ts";
import { openSql, type Sql } from "./sql.ts";
import { checkStoreFiles, filesOf, freeOctets, makeLockFile, oldOf, STORE_FILE } from "./store-files.ts";

/** The file that a running gateway holds locked. */
const LOCK_FILE = "toque.lock";

/** How long a write waits for another program's lock. */
const BUSY_MS = 2_000;
/** How long a gateway that starts waits for the one that is still ending. */
const LOCK_MS = 1_000;

/** With less, SQLite cannot even begin. */
const MIN_FREE_OCTETS = 65_536;

/** Files up to this size are checked wholly at the start. */
const MAX_WHOLLY_CHECKED_OCTETS = 16 * 1024 * 1024;

const SETTINGS = `
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -8000;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA temp_store = MEMORY;
`;

export interface OpenedDatabase {
    sql: Sql;
    file: string;
    /** which start this is, 1 and up; a file that was put back from a backup may count the same start twice */
    start: number;
    /** a sentence for each file that others can read or change */
    notices: string[];
    close(): void;
}

/** Opens the store of a data folder. @throws GatewayError unavailable. Nothing is ever deleted or repaired. */
export function openDatabase(dir: string): OpenedDatabase {
    const file = join(dir, STORE_FILE);
    try {
        makeFolder(dir);
    } catch (error) {
        const sentence = `The data folder ${dir} cannot be made: choose one that may be written, with --data.`;
        throw diskFull(dirname(dir), error) ?? refusal(sentence, error);
    }
    const notices: string[] = [];
    const lock = lockFolder(dir, notices);
    try {
        notices.push(...checkStoreFiles(dir, file));
        if (!existsSync(file)) create(file);
        if (hasLostFrames(`${file}-wal`)) throw damagedLog(file);
        const sql = openChecked(file);
        const start = beginRun(sql);
        return {
            sql,
            file,
            start,
            notices,
            close() {
                try {
                    sql.exec("PRAGMA wal_checkpoint(TRUNCATE)");
                } finally {
                    sql.close();
                    lock.close();
                }
            },
        };
    } catch (error) {
        lock.close();
        throw error instanceof GatewayError ? error : notOpened(file, error);
    }
}

/** One gateway a folder. The system releases the lock when the process ends, however it ends. */
export function lockFolder(dir: string, notices: string[]): Sql {
    const file = join(dir, LOCK_FILE);
    let lock: Sql | undefined;
    try {
        notices.push(...makeLockFile(file));
        lock = openSql(file, LOCK_MS);
        lock.exec("BEGIN EXCLUSIVE");
        return lock;
    } catch (error) {
        lock?.close();
        if (error instanceof GatewayError) throw error;
        if ((error as { code?: string }).code !== "SQLITE_BUSY") throw diskFull(dir, error) ?? cannotOpen(file, error);
        throw refusal(
            `Another gateway is using the data folder ${dir}: stop it first, or give this one another folder with --data.`,
            error,
        );
    }
}

/** SQLite reports a full disk in many ways. */
function diskFull(dir: string, cause: unknown): GatewayError | undefined {
    const { code = "" } = cause as { code?: string };
    const certain = /^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(code);
    if (!certain && (freeOctets(dir) ?? Infinity) >= MIN_FREE_OCTETS) return undefined;
    return refusal(`The disk of ${dir} is full: free some space, then start again.`, cause);
}

/** Makes the file under another name first: under its own name it is always whole. */
function create(file: string): void {
    if ((statSync(file + "-wal", { throwIfNoEntry: false })?.size ?? 0) > 0) {
        // SQLite would write pages of the old store into the new one.
        throw refusal(
            `The store ${file} is missing, but its log ${file}-wal is there: put the store back, or move the log away, too.`,
        );
    }
    if (existsSync(oldOf(file))) {
        throw refusal(
            `The store ${file} is missing, but ${oldOf(file)}, which a restore put aside, is there: restore again, or move that away, too.`,
        );
    }
    const draft = file + ".new";
    for (const path of filesOf(draft)) rmSync(path, { force: true });
    try {
        makePrivateFile(draft); // its log takes the same mode: messages are in both
        const sql = openSql(draft, BUSY_MS);
        sql.exec("PRAGMA synchronous = FULL");
        migrate(sql);
        sql.close();
        moveIntoPlace(draft, file);
    } catch (error) {
        throw notOpened(file, error);
    }
}

function openChecked(file: string): Sql {
    if (statSync(file).size === 0) throw damaged(file);
    const sql = openSql(file, BUSY_MS);
    try {
        checkKind(sql, file);
        if (!isSound(sql, statSync(file).size <= MAX_WHOLLY_CHECKED_OCTETS)) throw damaged(file);
        sql.exec(SETTINGS);
        if (sql.get("PRAGMA journal_mode")?.journal_mode !== "wal") {
            throw refusal(
                `The disk of ${file} cannot keep a write-ahead log: choose a folder on a local disk with --data.`,
            );
        }
        migrate(sql);
        if (!isOfThisSchema(sql)) throw damaged(file);
        return sql;
    } catch (error) {
        sql.close();
        throw asDamaged(error, file);
    }
}

function notOpened(file: string, cause: unknown): GatewayError {
    return diskFull(dirname(file), cause) ?? unavailable(cause) ?? cannotOpen(file, cause);
}

function cannotOpen(file: string, cause: unknown): GatewayError {
    return refusal(`The file ${file} cannot be opened: look whether its folder may be read and written.`, cause);
}
