export type Role = "admin" | "sender" | "reader";

/** A bearer token as it is stored: its hash, never the token. */
export interface ApiToken {
    id: string;
    role: Role;
    hash: string;
    /** numbers it may reach: "*" for all, or an E.164 prefix followed by "*", or one number */
    pattern: string;
    label?: string;
    createdMs: number;
}

/** Who is asking: an authenticated token. */
export type Caller = Pick<ApiToken, "id" | "role" | "pattern">;
