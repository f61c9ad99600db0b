import type { Tokens } from "../tokens.ts";

/** The file in the data folder that holds the first admin's token, mode 0600. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** On the first start: makes an admin's token and writes it to `<dir>/admin-token`, once. @returns the file, if it was made now */
export async function ensureAdminToken(tokens: Tokens, dir: string): Promise<string | undefined> {
    throw new Error(`not written yet ${String(tokens)} ${dir}`);
}
