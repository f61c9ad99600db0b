import { join } from "node:path";
import { ADMIN_TOKEN_FILE, isToken, permits, type Caller, type Tokens } from "../directory/tokens.ts";
import { GatewayError } from "../error.ts";
import { closeToOthers, readPrivateFile, writePrivateFile } from "../system/private-file.ts";

/**
 * On the first start of a store: makes an admin's token and writes it to `<dir>/admin-token`, once. A file that is there already (a start
 * that was cut short, a store that was begun anew) keeps its token, which is valid from now on; not one that another user may have put
 * there.
 * @param notice called with a sentence when others could read that file
 * @returns the file, if its token is an admin's now
 * @throws GatewayError unavailable
 */
export async function ensureAdminToken(
    tokens: Tokens,
    dir: string,
    notice: (sentence: string) => void = () => {},
): Promise<string | undefined> {
    const file = join(dir, ADMIN_TOKEN_FILE);
    await tokens.adoptAdminToken(async (fresh) => {
        const there = readToken(file, notice);
        if (there === undefined) writePrivateFile(file, fresh + "\n");
        return there ?? fresh;
    });
    return (await callerOf(tokens, file)) === undefined ? undefined : file;
}

/**
 * The way back when no admin's token is left: makes one and writes it to `<dir>/admin-token`. The one that was in the file is revoked.
 * @returns the file
 * @throws GatewayError unavailable
 */
export async function resetAdminToken(tokens: Tokens, dir: string): Promise<string> {
    const file = join(dir, ADMIN_TOKEN_FILE);
    const before = await callerOf(tokens, file);
    const { token } = await tokens.createToken("admin", "*", "reset-admin");
    writePrivateFile(file, token + "\n");
    if (before !== undefined) await tokens.revokeToken(before.id);
    return file;
}

/** Who has the token of a file, if that may manage the gateway. */
async function callerOf(tokens: Tokens, file: string): Promise<Caller | undefined> {
    let text: string | undefined;
    try {
        text = readPrivateFile(file)?.text;
    } catch {
        return undefined; // nobody finds a token there
    }
    const caller = await tokens.authenticateToken(text?.trim() ?? "");
    return caller !== undefined && permits(caller, "manage") ? caller : undefined;
}

/** @returns undefined when there is no token in it, so that nothing is lost when it is written anew */
function readToken(file: string, notice: (sentence: string) => void): string | undefined {
    const found = readPrivateFile(file);
    const token = found?.text.trim() ?? "";
    if (found === undefined || !isToken(token)) return undefined;
    if (found.foreign !== undefined) {
        const sentence = `${file} ${found.foreign}, who would know the admin's token: move it away, and the next start makes one.`;
        throw new GatewayError("unavailable", sentence);
    }
    const closed = closeToOthers(file, found.status);
    if (closed !== undefined) {
        notice(
            `${closed} It holds the admin's token: if one of them may have read it, make another with "toque token add admin", write it there, and revoke this one.`,
        );
    }
    return token;
}
