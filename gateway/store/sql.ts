import Database from "libsql";

/** What goes into a statement. The driver aborts the whole process over any other type, so all values pass `bind`. */
export type Value = string | number | boolean | Buffer | null | undefined;

/** A row as the driver gives it: numbers, strings without U+0000, octets. */
export type Row = Record<string, unknown>;

/** A connection whose statements are prepared once. */
export interface Sql {
    /** Runs several statements without values, or one that gives nothing. */
    exec(text: string): void;
    /** The first row; the statement is done with afterwards. */
    get(text: string, ...values: Value[]): Row | undefined;
    all(text: string, ...values: Value[]): Row[];
    /** @returns how many rows changed */
    run(text: string, ...values: Value[]): number;
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
        get: (text, ...values) => use(text, (statement) => statement.get(values.map(bind)) as Row | undefined),
        all: (text, ...values) => use(text, (statement) => statement.all(values.map(bind)) as Row[]),
        run: (text, ...values) => use(text, (statement) => statement.run(values.map(bind)).changes),
        get inTransaction() {
            return database.inTransaction;
        },
        close() {
            statements.clear();
            database.close();
        },
    };
}

function bind(value: Value): string | number | Buffer | null {
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "string" || Buffer.isBuffer(value)) return value;
    throw new TypeError(`a ${typeof value} cannot be stored`);
}

/** Free text is kept as octets: the driver cuts a string at U+0000. */
export function toOctets(text: string | undefined): Buffer | undefined {
    return text === undefined ? undefined : Buffer.from(text);
}

/** Undefined for NULL. */
export function fromOctets(octets: unknown): string | undefined {
    return octets === null || octets === undefined ? undefined : Buffer.from(octets as ArrayBuffer).toString();
}

/** NULL as undefined, anything else as it is. */
export function optional<T>(value: unknown): T | undefined {
    return value === null || value === undefined ? undefined : (value as T);
}
