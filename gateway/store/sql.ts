import { isAnyArrayBuffer } from "node:util/types";
import Database from "libsql";
import { damaged } from "./failures.ts";

/** A value for a statement. Any other type makes the driver abort the process, so every value passes `bind`. */
export type Value = string | number | boolean | null | undefined;

/** A row: numbers, texts, null. */
export type Row = Record<string, unknown>;

/**
 * A connection whose statements are prepared once.
 *
 * Texts are stored as octets (BLOB): the driver cuts a TEXT at U+0000, and aborts the process over a TEXT that is no longer UTF-8 because
 * the disk is bad. So a text in a statement is always a parameter: a literal would be a TEXT, which equals no BLOB.
 */
export interface Sql {
    /** Runs statements without values and without a result. */
    exec(text: string): void;
    /** The first row. */
    get(text: string, ...values: Value[]): Row | undefined;
    all(text: string, ...values: Value[]): Row[];
    /** @returns how many rows changed */
    run(text: string, ...values: Value[]): number;
    /** Adds a row, its values by column. */
    insert(table: string, row: Record<string, Value>): void;
    readonly inTransaction: boolean;
    close(): void;
}

/** @param busyMs how long a statement waits for a lock of another process */
export function openSql(file: string, busyMs: number): Sql {
    const database = new Database(file, { timeout: busyMs });
    const statements = new Map<string, Database.Statement>();

    /** A statement that failed once is dropped: the driver would repeat that failure, or return wrong counts. */
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
        insert(table, row) {
            const columns = Object.keys(row);
            const text = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
            use(text, (statement) => statement.run(Object.values(row).map(bind)));
        },
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

/** Parses stored JSON. @throws GatewayError unavailable: a bad disk has changed it */
export function readJson<T>(text: unknown): T {
    try {
        return JSON.parse(text as string) as T;
    } catch (error) {
        throw damaged(error);
    }
}
