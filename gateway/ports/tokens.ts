import type { ApiToken } from "../token.ts";

/** Bearer tokens, by their hashes. */
export interface TokenStore {
    add(token: ApiToken): Promise<void>;
    byHash(hash: string): Promise<ApiToken | undefined>;
    list(): Promise<ApiToken[]>;
    /** False: no such id; or it is the last token of this role and pattern. */
    remove(id: string, keepOne?: Pick<ApiToken, "role" | "pattern">): Promise<boolean>;
}
