import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../error.ts";
import { foreignHand, isOpenToOthers, kindOf } from "../system/file-status.ts";
import { isToken, type Tokens } from "../directory/tokens.ts";

/** The file in the data folder that holds the first admin's token, mode 0600. */
export const ADMIN_TOKEN_FILE = "admin-token";
/** More than a token and the ends of lines around it. */
const MAX_OCTETS = 100;

/**
 * On the first start of a store: makes an admin's token and writes it to `<dir>/admin-token`, once. A file that is there already (a start
 * that was cut short, a store that was begun anew) keeps its token, which is valid from now on; not one that another user may have put
 * there.
 * @param notice called with a sentence when others could read that file
 * @returns the file, if its token became valid now
 * @throws GatewayError unavailable
 */
export async function ensureAdminToken(
    tokens: Tokens,
    dir: string,
    notice: (sentence: string) => void = () => {},
): Promise<string | undefined> {
    const file = join(dir, ADMIN_TOKEN_FILE);
    const adopted = await tokens.adoptAdminToken(
        async (fresh) => (await readToken(file, notice)) ?? writeToken(file, fresh),
    );
    return adopted ? file : undefined;
}

/** @returns undefined when there is no token in it, so that nothing is lost when it is written anew */
async function readToken(file: string, notice: (sentence: string) => void): Promise<string | undefined> {
    const there = await lookAt(file);
    if (there === undefined) return undefined;
    if (there.isSymbolicLink()) refuseForeign(file, there);
    let handle: FileHandle;
    try {
        handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe's other end is not waited for
    } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return undefined;
        throw inTheWay(file, there, error);
    }
    try {
        const status = await handle.stat();
        if (!status.isFile()) throw inTheWay(file, status);
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_OCTETS), 0, MAX_OCTETS, 0);
        const token = buffer.toString("latin1", 0, bytesRead).trim();
        if (!isToken(token)) return undefined;
        refuseForeign(file, status);
        if (isOpenToOthers(status, process.geteuid?.())) {
            const closed = await handle.chmod(0o600).then(
                () => "Now its owner alone can.",
                ({ code }: NodeJS.ErrnoException) => `Its rights cannot be changed (${code}): put it where they can.`,
            );
            notice(
                `Other users could read the admin's token in ${file}. ${closed} If one of them may have, make another with "toque token add admin", write it there, and revoke this one.`,
            );
        }
        return token;
    } finally {
        await handle.close();
    }
}

async function lookAt(file: string): Promise<Stats | undefined> {
    try {
        return await lstat(file);
    } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return undefined;
        throw unwritable(file, error);
    }
}

/** Whoever wrote the token knows it. */
function refuseForeign(file: string, status: Stats): void {
    const why = foreignHand(status, process.geteuid?.());
    if (why === undefined) return;
    throw new GatewayError(
        "unavailable",
        `${file} ${why}, so the admin's token would be theirs, too: move it away, and the next start makes one.`,
    );
}

/** Under another name first: a power cut leaves a whole file or none. */
async function writeToken(file: string, token: string): Promise<string> {
    const draft = `${file}.${randomUUID()}`;
    try {
        const handle = await open(draft, "wx", 0o600);
        try {
            await handle.chmod(0o600); // whatever the umask
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

function inTheWay(file: string, status: Stats, cause?: unknown): GatewayError {
    const { code } = (cause ?? {}) as NodeJS.ErrnoException;
    const what = status.isFile() ? "cannot be read" : `is ${kindOf(status)}`;
    const why = code === undefined ? "" : ` (${code})`;
    return new GatewayError(
        "unavailable",
        `${file}, where the admin's token is kept, ${what}${why}: move it away, and the next start makes one.`,
        { cause },
    );
}

function unwritable(file: string, cause: unknown): GatewayError {
    return new GatewayError("unavailable", `The file ${file} cannot be written: make its folder writable.`, { cause });
}
