import { isAnyArrayBuffer } from "node:util/types";
import Database from "libsql";
import { damaged } from "./failures.ts";

/** What goes into a statement. The driver aborts the whole process over any other type, so all values pass `bind`. */
export type Value = string | number | boolean | null | undefined;

/** A row: numbers, texts, null. */
export type Row = Record<string, unknown>;

/**
 * A connection whose statements are prepared once.
 *
 * Texts are kept as octets (BLOB) throughout: the driver cuts a TEXT at U+0000, and aborts the process over one that a bad disk has made
 * something else than UTF-8. So a text in a statement is always a parameter: a literal would be a TEXT, which equals no BLOB.
 */
export interface Sql {
    /** Runs several statements without values, or one that gives nothing. */
    exec(text: string): void;
    /** The first row; the statement is done with afterwards. */
    get(text: string, ...values: Value[]): Row | undefined;
    all(text: string, ...values: Value[]): Row[];
    /** @returns how many rows changed */
    run(text: string, ...values: Value[]): number;
    /** @returns the number of the row that was added */
    insert(text: string, ...values: Value[]): number;
    readonly inTransaction: boolean;
    close(): void;
}

/** @param busyMs how long a statement waits for a lock of another process */
export function openSql(file: string, busyMs: number): Sql {
    const database = new Database(file, { timeout: busyMs });
    const statements = new Map<string, Database.Statement>();

    /** After a failure the driver gives that failure again, or wrong counts: a statement that failed is not used any more. */
    function use<T>(text: string, job: (statement: Database.Statement) => T): T {
        let statement = statements.get(text);
        if (statement === undefined) statements.set(text, (statement = database.prepare(text)));
        try {
            return job(statement);
        } catch (error) {
            statements.delete(text);
            throw error;
        }
    }

    return {
        exec: (text) => void database.exec(text),
        get: (text, ...values) =>
            use(text, (statement) => {
                const row = statement.get(values.map(bind)) as Row | undefined;
                return row && readTexts(row);
            }),
        all: (text, ...values) => use(text, (statement) => (statement.all(values.map(bind)) as Row[]).map(readTexts)),
        run: (text, ...values) => use(text, (statement) => statement.run(values.map(bind)).changes),
        insert: (text, ...values) => use(text, (statement) => Number(statement.run(values.map(bind)).lastInsertRowid)),
        get inTransaction() {
            return database.inTransaction;
        },
        close() {
            statements.clear();
            database.close();
        },
    };
}

function bind(value: Value): Buffer | number | null {
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "string") return Buffer.from(value);
    throw new TypeError(`a ${typeof value} cannot be stored`);
}

/** The driver gives octets as a Buffer from `get` and as an ArrayBuffer from `all`. */
function readTexts(row: Row): Row {
    for (const key in row) {
        const value = row[key];
        if (Buffer.isBuffer(value)) row[key] = value.toString();
        else if (isAnyArrayBuffer(value)) row[key] = Buffer.from(value).toString();
    }
    return row;
}

/** NULL as undefined, anything else as it is. */
export function optional<T>(value: unknown): T | undefined {
    return value === null || value === undefined ? undefined : (value as T);
}

/** What was stored as JSON. @throws GatewayError unavailable: a bad disk has made something else of it */
export function readJson<T>(text: unknown): T {
    try {
        return JSON.parse(text as string) as T;
    } catch (error) {
        throw damaged(error);
    }
}
