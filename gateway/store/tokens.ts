import type { TokenStore } from "../ports/tokens.ts";
import type { ApiToken, Role } from "../token.ts";
import { read, write, type CallsOf } from "./call.ts";
import { optional, type Row, type Sql } from "./sql.ts";

export function tokenCalls(sql: Sql): CallsOf<TokenStore> {
    return {
        add: write(({ id, role, hash, pattern, label, createdMs }) => {
            sql.insert("tokens", { id, role, hash, pattern, label, created_ms: createdMs });
        }),
        byHash: read((hash) => {
            const row = sql.get("SELECT * FROM tokens WHERE hash = ?", hash);
            return row && toToken(row);
        }),
        list: read(() => sql.all("SELECT * FROM tokens ORDER BY created_ms, id").map(toToken)),
        remove: write((id, keepOne) => {
            const removed = sql.run(
                `DELETE FROM tokens WHERE id = ?1 AND (role IS NOT ?2 OR pattern IS NOT ?3
                    OR EXISTS (SELECT 1 FROM tokens WHERE id <> ?1 AND role = ?2 AND pattern = ?3))`,
                id,
                keepOne?.role,
                keepOne?.pattern,
            );
            return removed === 1;
        }),
    };
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
