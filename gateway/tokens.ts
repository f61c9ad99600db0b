import type { E164 } from "./number.ts";
import type { ApiToken, Clock, Role, Store } from "./ports.ts";

/** What a caller wants: to push, to see what became of a push, to see numbers and status, to change numbers, codes and tokens. */
export type Action = "send" | "receipt" | "read" | "manage";

/** Who is asking. */
export type Caller = Pick<ApiToken, "id" | "role" | "pattern">;

/** Bearer tokens of the HTTP interface. */
export interface Tokens {
    /** @returns the token, this one time, and the id by which it is revoked. @throws GatewayError invalid_request */
    createToken(role: Role, pattern: string, label?: string): Promise<{ id: string; token: string }>;
    authenticateToken(token: string): Promise<Caller | undefined>;
    /** Without hashes. */
    listTokens(): Promise<Omit<ApiToken, "hash">[]>;
    /** False: no such id. */
    revokeToken(id: string): Promise<boolean>;
    /** Makes a token of this secret known as admin's, unless it is; the first time only. False: an admin's token was adopted before. */
    adoptAdminToken(makeToken: (fresh: string) => Promise<string>): Promise<boolean>;
}

/** Whether a token reaches that far. Without a number: whether it does for every number. */
export function permits(caller: Caller, action: Action, number?: E164): boolean {
    return caller.role === "admin" && action !== undefined && number !== undefined;
}

export function createTokens(options: { store: Store; clock: Clock; random?: (octets: number) => Buffer }): Tokens {
    throw new Error(`not written yet ${Object.keys(options).join()}`);
}
