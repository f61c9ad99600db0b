import { existsSync, lstatSync, realpathSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../error.ts";
import { closeToOthers, foreignHand, inTheWay, kindOf, makePrivateFile } from "../system/private-file.ts";

/** The store's file in the data folder. */
export const STORE_FILE = "toque.db";

/** @throws GatewayError unavailable when there is none in the data folder */
export function findStore(dir: string): string {
    const file = join(dir, STORE_FILE);
    if (existsSync(file)) return file;
    throw new GatewayError("unavailable", `There is no store ${file}: name the gateway's folder with --data.`);
}

/** Where a restore puts the store that was there. */
export function oldOf(file: string): string {
    return `${file}.old`;
}

/** A store's file, and what SQLite keeps beside it. */
export function filesOf(file: string): string[] {
    return ["", "-wal", "-shm", "-journal"].map((end) => file + end);
}

// Only paths here, no descriptors of files that are there already: closing any one of a file gives up all of this process's locks on it.

/**
 * Makes the file that a running gateway holds locked, for its owner alone: others who could open it could hold it, too.
 * @returns sentences for the person who runs the gateway
 * @throws GatewayError unavailable
 */
export function makeLockFile(file: string): string[] {
    try {
        makePrivateFile(file);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return keepPrivate([file, `${file}-journal`]);
}

/**
 * Looks at what SQLite will open, before it does: SQLite reports a folder as "read-only" and names no file. Takes the rights of others away.
 * @returns sentences for the person who runs the gateway
 * @throws GatewayError unavailable when something else is in a file's place
 */
export function checkStoreFiles(dir: string, file: string): string[] {
    const why = foreignHand(statSync(dir));
    const notice = `The data folder ${dir} ${why}: they can put another store or another token in place of yours. Make it yours alone, with chown and "chmod 700".`;
    for (const draft of filesOf(`${file}.new`)) {
        // links and files are removed there
        if (lstatSync(draft, { throwIfNoEntry: false })?.isDirectory() === true) throw inTheWay(draft, "is a folder");
    }
    const real = follow(file);
    return [...(why === undefined ? [] : [notice]), ...keepPrivate(filesOf(real))];
}

/** What is free on a file's disk, for this user. */
export function freeOctets(file: string): number | undefined {
    try {
        const { bavail, bsize } = statfsSync(file);
        return bavail * bsize;
    } catch {
        return undefined; // some file systems do not report it
    }
}

function keepPrivate(paths: string[]): string[] {
    return paths.flatMap((path) => {
        const there = lstatSync(path, { throwIfNoEntry: false });
        if (there?.isFile() === false) throw inTheWay(path, `is ${kindOf(there)}`);
        return (there === undefined ? undefined : closeToOthers(path, there)) ?? [];
    });
}

/** The store itself may be a link, to another disk perhaps; it has to lead to a file. */
export function follow(file: string): string {
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return file;
    if (existsSync(file)) return realpathSync(file);
    throw new GatewayError(
        "unavailable",
        `The store ${file} is a link that leads nowhere: mount the disk that it means, or move the link away to begin a new store.`,
    );
}
