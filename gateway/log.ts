/** Each call writes one line of JSON, with numbers masked. */
export interface Log {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
}

/** What a log does with lines that are below its level: who finds this in place of `info` need not gather a line's fields. */
export const notLogged: Log["info"] = () => {};
