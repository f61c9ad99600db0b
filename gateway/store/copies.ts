import { existsSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LAST_RAN } from "../delivery/follow-clock.ts";
import { GatewayError } from "../error.ts";
import { cannotWrite, makeFolder, makePrivateFile, moveIntoPlace } from "../system/private-file.ts";
import { asDamaged, checkKind, damaged, damagedLog, isOfThisSchema, isSound } from "./check.ts";
import { countDamaged } from "./content.ts";
import { lockFolder } from "./database.ts";
import { unavailable } from "./failures.ts";
import { hasLostFrames } from "./log-check.ts";
import { migrate, ONE_ROW, schemaVersion, WITH_CHECKSUMS } from "./schema.ts";
import { openSql, type Sql } from "./sql.ts";
import { filesOf, findStore, follow, oldOf, STORE_FILE } from "./store-files.ts";

/** How long reading waits for a lock: a gateway that begins its log anew holds one for a moment. */
const BUSY_MS = 10_000;

/** What a store that was checked holds. */
export interface Holding {
    numbers: number;
    /** messages that wait or are inflight */
    messages: number;
    /** those of them whose text the disk has changed; no board is sent it */
    damaged: number;
}

/**
 * Copies the store of a data folder, as it is at one moment, and checks the copy. A running gateway goes on meanwhile: the copy is made in one
 * read transaction, so what is written during it makes it no longer.
 * @param to the copy's file, which has its name only once it is whole
 * @throws GatewayError conflict when something is there and is not to be replaced, unavailable
 */
export function backUp(dir: string, to: string, replace: boolean): Holding {
    const store = findStore(dir);
    if (hasLostFrames(`${store}-wal`)) throw damagedLog(store);
    if (existsSync(to)) {
        if (realpathSync(to) === realpathSync(store)) throw conflict(`${to} is the store itself: name another file.`);
        if (!replace) throw conflict(`${to} is there already: name another file, or give --replace.`);
    }
    return copy(store, to, () => undefined);
}

/**
 * Puts a copy of a store into a data folder. The store that was there is kept beside it, as "toque.db.old".
 * @throws GatewayError conflict when one is there and is not to be replaced, unavailable when a gateway uses the folder, or the copy is no store
 */
export function restore(dir: string, from: string, replace: boolean): Holding {
    makeFolder(dir);
    const lock = lockFolder(dir, []);
    try {
        const file = follow(join(dir, STORE_FILE));
        const there = filesOf(file).filter((path) => existsSync(path));
        const [old = "", ...besideOld] = filesOf(oldOf(file));
        if (there.length > 0 && !replace) {
            throw conflict(`There is a store in ${dir} already: give --replace, and it is kept as ${old}.`);
        }
        if (there.length > 0 && [old, ...besideOld].some((path) => existsSync(path))) {
            throw conflict(`${old} is there from an earlier restore: move it away first.`);
        }
        return copy(from, file, (draft) => {
            const sql = openSql(draft, 0);
            migrate(sql);
            sql.run("DELETE FROM meta WHERE key = ?", LAST_RAN); // its age is no fault of the clock
            sql.close();
            for (const path of there) renameSync(path, old + path.slice(file.length));
        });
    } finally {
        lock.close();
    }
}

/** Checks a store wholly and changes nothing. @param file undefined: the one of the data folder, whether a gateway runs or not */
export function check(dir: string, file = findStore(dir)): Holding {
    return examine(file);
}

/**
 * In SQLite's own way, which reads the log, too, and writes only what is in use.
 * @param prepare called when the copy is whole, before it gets its name
 */
function copy(from: string, to: string, prepare: (draft: string) => void): Holding {
    const draft = resolve(`${to}.new`);
    const clear = () => filesOf(draft).forEach((path) => rmSync(path, { force: true }));
    try {
        clear();
        makePrivateFile(draft);
        reading(from, (sql) => sql.exec(`VACUUM INTO '${draft.replaceAll("'", "''")}'`), to);
        const holding = examine(draft);
        prepare(draft);
        moveIntoPlace(draft, to);
        return holding;
    } catch (error) {
        clear();
        throw error instanceof GatewayError ? error : cannotWrite(to, error);
    }
}

function examine(file: string): Holding {
    if (hasLostFrames(`${file}-wal`)) throw damagedLog(file);
    return reading(file, (sql) => {
        if (!isSound(sql, true) || !isOfThisSchema(sql)) throw damaged(file);
        const count = (text: string) => Number(sql.get(`SELECT count(*) AS count FROM ${text}`)?.count);
        const waiting = schemaVersion(sql) < ONE_ROW ? "backlog WHERE true" : "messages WHERE ended_ms IS NULL";
        return {
            numbers: count("registrations WHERE ended_ms IS NULL"),
            messages: count(waiting),
            damaged: schemaVersion(sql) < WITH_CHECKSUMS ? 0 : countDamaged(sql, waiting),
        };
    });
}

/** Opens a store for reading only: not even its log is merged. @param to the copy that is written, which a disk may not take */
function reading<T>(file: string, job: (sql: Sql) => T, to = file): T {
    if (!existsSync(file)) throw new GatewayError("unavailable", `There is no file ${file}.`);
    const sql = openSql(`${pathToFileURL(file).href}?mode=ro`, BUSY_MS);
    try {
        checkKind(sql, file);
        return job(sql);
    } catch (error) {
        const { code = "" } = error as { code?: string };
        if (to !== file && /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY)/.test(code)) throw cannotWrite(to, error);
        const known = asDamaged(error, file);
        throw known instanceof GatewayError ? known : (unavailable(known) ?? known);
    } finally {
        sql.close();
    }
}

function conflict(sentence: string): GatewayError {
    return new GatewayError("conflict", sentence);
}
