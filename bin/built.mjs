// What a build writes and a start relies on. Plain JavaScript: it runs before anything is built.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";

/** Lists the folder's files with their hashes. It is written last: a build that was cut short does not match it. */
const LIST = "built.json";
/** Another build may be writing it. */
const DRAFT = /\.\d+$/;
const PIECE_OCTETS = 65_536;

/**
 * Writes a folder of files, each whole and flushed before its name stands, and removes others. All users can read them and only the
 * owner can write them, whatever the umask: one user installs, another runs.
 * @param {string} folder
 * @param {Map<string, Uint8Array>} files by path in the folder; source maps are not listed
 */
export function writeBuilt(folder, files) {
    const listed = [...files].filter(([name]) => !name.endsWith(".map"));
    const list = JSON.stringify(Object.fromEntries(listed.map(([name, data]) => [name, hashOf(data)])), null, 4);
    for (const [name, data] of [...files, [LIST, Buffer.from(list)]]) writeWhole(join(folder, name), data);
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const path = join(folder, name);
        if (name === LIST || files.has(name) || DRAFT.test(name) || fs.statSync(path).isDirectory()) continue;
        fs.rmSync(path);
    }
}

/**
 * Reads the files that the folder's list names and compares their hashes.
 * @param {string} folder
 * @param {string} remedy what to do, as the end of the sentence
 * @throws {Error} with a sentence when the folder was not built, not wholly, or is damaged
 */
export function checkBuilt(folder, remedy) {
    let path = join(folder, LIST);
    try {
        const list = Object.entries(JSON.parse(fs.readFileSync(path, "utf8")));
        for (const [name, hash] of list) {
            path = join(folder, name);
            if (hashOfFile(path) !== hash) throw new Error("not the file that was built");
        }
    } catch (cause) {
        const what = fs.existsSync(path) ? "is damaged, or was not wholly built" : "is missing";
        throw new Error(`${path} ${what}: ${remedy}`, { cause });
    }
}

/**
 * The first of the sources that changed after the folder was built, or that nothing was built of. Undefined: the build is of today.
 * @param {string} folder
 * @param {string[]} sources folders
 */
export function newerThanBuilt(folder, sources) {
    const builtMs = fs.statSync(join(folder, LIST), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return sources
        .flatMap((source) =>
            fs.readdirSync(source, { recursive: true, encoding: "utf8" }).map((name) => join(source, name)),
        )
        .find((path) => fs.statSync(path).mtimeMs > builtMs);
}

/** @param {Uint8Array} data */
function hashOf(data) {
    return createHash("sha256").update(data).digest("hex");
}

/** Piece by piece: what a start reads whole stays with it as memory. @param {string} path */
function hashOfFile(path) {
    const hash = createHash("sha256");
    const piece = Buffer.alloc(PIECE_OCTETS);
    const file = fs.openSync(path, "r");
    try {
        for (let octets; (octets = fs.readSync(file, piece)) > 0;) hash.update(piece.subarray(0, octets));
    } finally {
        fs.closeSync(file);
    }
    return hash.digest("hex");
}

/** As mkdir -p does. @param {string} folder */
function makeFolder(folder) {
    if (fs.existsSync(folder)) return;
    makeFolder(dirname(folder));
    fs.mkdirSync(folder, { recursive: true }); // another build may be as far
    fs.chmodSync(folder, 0o755);
    flush(dirname(folder));
}

/** @param {string} path @param {Uint8Array} data */
function writeWhole(path, data) {
    const draft = `${path}.${process.pid}`;
    makeFolder(dirname(path));
    try {
        fs.writeFileSync(draft, data);
        fs.chmodSync(draft, 0o644);
        flush(draft);
        fs.renameSync(draft, path);
        flush(dirname(path));
    } catch (error) {
        fs.rmSync(draft, { force: true });
        throw error;
    }
}

/** Returns when the disk has the file or the folder. @param {string} path */
function flush(path) {
    const handle = fs.openSync(path, "r");
    try {
        fs.fsyncSync(handle);
    } finally {
        fs.closeSync(handle);
    }
}
