import type { ApiToken, Role } from "../ports.ts";
import { optional, type Row, type Sql } from "./sql.ts";

export function putToken(sql: Sql, token: ApiToken): void {
    sql.run(
        "INSERT INTO tokens (id, role, hash, pattern, label, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
        token.id,
        token.role,
        token.hash,
        token.pattern,
        token.label,
        token.createdMs,
    );
}

export function tokenByHash(sql: Sql, hash: string): ApiToken | undefined {
    const row = sql.get("SELECT * FROM tokens WHERE hash = ?", hash);
    return row === undefined ? undefined : toToken(row);
}

export function tokens(sql: Sql): ApiToken[] {
    return sql.all("SELECT * FROM tokens ORDER BY created_ms, id").map((row) => toToken(row));
}

export function deleteToken(sql: Sql, id: string): boolean {
    return sql.run("DELETE FROM tokens WHERE id = ?", id) === 1;
}

function toToken(row: Row): ApiToken {
    return {
        id: row.id as string,
        role: row.role as Role,
        hash: row.hash as string,
        pattern: row.pattern as string,
        label: optional(row.label),
        createdMs: row.created_ms as number,
    };
}
