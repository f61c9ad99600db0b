import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../error.ts";
import { isToken, type Tokens } from "../tokens.ts";

/** The file in the data folder that holds the first admin's token, mode 0600. */
export const ADMIN_TOKEN_FILE = "admin-token";

/**
 * On the first start of a store: makes an admin's token and writes it to `<dir>/admin-token`, once. A file that is there already (a start
 * that was cut short, a store that was begun anew) keeps its token, which is valid from now on.
 * @returns the file, if its token became valid now
 * @throws GatewayError unavailable
 */
export async function ensureAdminToken(tokens: Tokens, dir: string): Promise<string | undefined> {
    const file = join(dir, ADMIN_TOKEN_FILE);
    const adopted = await tokens.adoptAdminToken(async (fresh) => (await readToken(file)) ?? writeToken(file, fresh));
    return adopted ? file : undefined;
}

async function readToken(file: string): Promise<string | undefined> {
    try {
        const text = (await readFile(file, "utf8")).trim();
        return isToken(text) ? text : undefined;
    } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return undefined;
        throw unwritable(file, error);
    }
}

/** Under another name first: a power cut leaves a whole file or none. */
async function writeToken(file: string, token: string): Promise<string> {
    const draft = `${file}.${randomUUID()}`;
    try {
        const handle = await open(draft, "wx", 0o600);
        try {
            await handle.writeFile(token + "\n");
            await handle.sync();
        } finally {
            await handle.close();
        }
        await rename(draft, file);
        return token;
    } catch (error) {
        await rm(draft, { force: true });
        throw unwritable(file, error);
    }
}

function unwritable(file: string, cause: unknown): GatewayError {
    return new GatewayError("unavailable", `The file ${file} cannot be written: make its folder writable.`, { cause });
}
