import { GatewayError } from "../error.ts";
import { APPLICATION_ID, describeSchema, migrate, SCHEMA_VERSION, schemaVersion } from "./schema.ts";
import { openSql, type Sql } from "./sql.ts";

/** @throws GatewayError unavailable when the file is another program's, or of a newer Toque */
export function checkKind(sql: Sql, file: string): void {
    if (sql.get("PRAGMA application_id")?.application_id !== APPLICATION_ID) {
        throw refusal(`The file ${file} is not a store of Toque: move it away, or choose another folder with --data.`);
    }
    const version = schemaVersion(sql);
    if (version > SCHEMA_VERSION) {
        throw refusal(
            `The store ${file} was written by a newer Toque (its version ${version}, this one knows ${SCHEMA_VERSION}): start that one.`,
        );
    }
}

const MESSAGES = "messages";

/**
 * Checks the tables.
 * @param wholly compares them with their indexes, too. Otherwise of the messages, perhaps a million, only those that wait are read, so that a
 * small computer starts within seconds
 */
export function isSound(sql: Sql, wholly: boolean): boolean {
    if (wholly) return sql.get("PRAGMA integrity_check")?.integrity_check === "ok";
    const tables = sql.all(
        "SELECT CAST(name AS BLOB) AS name FROM sqlite_schema WHERE type = CAST(? AS TEXT)",
        "table",
    );
    const small = tables.map(({ name }) => name as string).filter((name) => name !== MESSAGES && name !== "receipts");
    if (tables.some(({ name }) => name === MESSAGES)) {
        sql.get(`SELECT sum(octets), sum(length(content)) FROM ${MESSAGES} WHERE ended_ms IS NULL`);
    }
    return ["sqlite_schema", ...small].every((table) => sql.get(`PRAGMA quick_check(${table})`)?.quick_check === "ok");
}

/** Whether the schema is the one that this program makes. */
export function isOfThisSchema(sql: Sql): boolean {
    const fresh = openSql(":memory:", 0);
    migrate(fresh, schemaVersion(sql));
    const same = describeSchema(sql) === describeSchema(fresh);
    fresh.close();
    return same;
}

export function damaged(file: string, cause?: unknown): GatewayError {
    return refusal(
        `The store ${file} is damaged and was left as it is: put a backup in its place with "toque restore FILE --replace", which keeps it, or move it and its log, ${file}-wal, away to start without one.`,
        cause,
    );
}

/** The store without what its log has lost can be had, too, because SQLite reads it up to there. */
export function damagedLog(file: string): GatewayError {
    return refusal(
        `The log of the store, ${file}-wal, is damaged, and the newest messages are in it. All was left as it is: put a backup in its place with "toque restore FILE --replace", which keeps it, or go on without what is lost with "toque restore ${file} --replace".`,
    );
}

/** What SQLite reports of a file that is no longer a store, as a sentence; any other error as it is. */
export function asDamaged(error: unknown, file: string): unknown {
    const code = (error as { code?: string }).code ?? "";
    return /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code) ? damaged(file, error) : error;
}

export function refusal(sentence: string, cause?: unknown): GatewayError {
    return new GatewayError("unavailable", sentence, { cause });
}
