import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDatabase } from "../../../gateway/store/database.ts";
import { openStore } from "../../../gateway/store/open.ts";
import { STORE_FILE } from "../../../gateway/store/store-files.ts";
import { bundled } from "../../support/bundled.ts";
import { make, remove } from "../../support/embedded-store.ts";
import { NOT_ROOT, giveAway } from "../../support/other-user.ts";

// What others may have put into the data folder, or may open there.

const [MODULE] = (await bundled(new URL("../../../gateway/store/database.ts", import.meta.url))) as [string];
const LOCK = "toque.lock";
const modeOf = (path: string) => statSync(path).mode & 0o777;

function folder(t: TestContext): string {
    const dir = make();
    t.after(() => remove(dir));
    return dir;
}

/** A folder with a store that was closed, and nothing beside it. In this thread, as the store's own does it: that is quicker. */
function closedStore(t: TestContext): string {
    const dir = folder(t);
    openDatabase(dir).close();
    for (const end of ["-wal", "-shm"]) rmSync(join(dir, STORE_FILE + end), { force: true });
    return dir;
}

/** Opens and closes it. @returns its notices */
function open(dir: string): string[] {
    const database = openDatabase(dir);
    database.close();
    return database.notices;
}

function refused(dir: string, message: string): void {
    assert.throws(() => openDatabase(dir).close(), { name: "GatewayError", code: "unavailable", message });
}

test("store files: the lock is for its owner alone, whatever the umask, and an older one becomes so", (t) => {
    const dir = folder(t);
    assert.deepEqual(open(dir), []);
    assert.equal(modeOf(join(dir, LOCK)), 0o600);
    chmodSync(join(dir, LOCK), 0o644);
    open(dir);
    assert.equal(modeOf(join(dir, LOCK)), 0o600);
    for (const umask of ["000", "077", "277"]) {
        const data = join(dir, umask);
        mkdirSync(data);
        const script = `import { openDatabase } from ${JSON.stringify(MODULE)}; openDatabase(${JSON.stringify(data)}).close();`;
        writeFileSync(join(dir, "script.mjs"), script);
        const node = [process.execPath, join(dir, "script.mjs")];
        execFileSync("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...node]);
        for (const name of [LOCK, STORE_FILE]) assert.equal(modeOf(join(data, name)), 0o600, `${name}, umask ${umask}`);
    }
});

test("store files: a link at the lock's name is refused, and what it means is not made", (t) => {
    const dir = folder(t);
    symlinkSync(join(dir, "elsewhere"), join(dir, LOCK));
    refused(
        dir,
        `${join(dir, LOCK)} is a link, where the gateway keeps a file of its own: move it away, then start again.`,
    );
    assert.deepEqual(readdirSync(dir), [LOCK]);
});

test("store files: taking an older lock's rights away does not let go of it", (t) => {
    const dir = folder(t);
    const database = openDatabase(dir);
    t.after(() => database.close());
    chmodSync(join(dir, LOCK), 0o644);
    const isTaken = { message: /Another gateway is using the data folder/ };
    for (let count = 0; count < 2; count++) assert.throws(() => openDatabase(dir), isTaken);
    // A lock of the system's that this process lost would be free for another one.
    const script = `import { openDatabase } from ${JSON.stringify(MODULE)}; openDatabase(${JSON.stringify(dir)});`;
    const words = ["--input-type=module", "-e", script];
    assert.throws(() => execFileSync(process.execPath, words, { stdio: "pipe" }), isTaken);
});

const SEEN: [kind: string, put: (path: string) => void][] = [
    ["a folder", (path) => mkdirSync(path)],
    ["a link", (path) => symlinkSync(`${path}.elsewhere`, path)],
    ["no plain file (a pipe, a socket or a device)", (path) => void execFileSync("mkfifo", [path])],
];
for (const name of [`${STORE_FILE}-wal`, `${STORE_FILE}-shm`, `${STORE_FILE}-journal`, LOCK, `${LOCK}-journal`]) {
    for (const [kind, put] of SEEN) {
        test(`store files: ${kind} at ${name} is named, with what to do`, (t) => {
            const dir = closedStore(t);
            rmSync(join(dir, name), { force: true });
            put(join(dir, name));
            refused(
                dir,
                `${join(dir, name)} is ${kind}, where the gateway keeps a file of its own: move it away, then start again.`,
            );
            assert.equal(existsSync(join(dir, `${name}.elsewhere`)), false);
            renameSync(join(dir, name), join(dir, "away"));
            open(dir);
        });
    }
}

test("store files: a folder in the place of the store or its draft is named", (t) => {
    for (const name of [STORE_FILE, `${STORE_FILE}.new`, `${STORE_FILE}.new-wal`]) {
        const dir = folder(t);
        mkdirSync(join(dir, name));
        refused(
            dir,
            `${join(dir, name)} is a folder, where the gateway keeps a file of its own: move it away, then start again.`,
        );
    }
});

test("store files: a store that is a link is opened where it leads; one that leads nowhere is not begun anew", (t) => {
    const dir = closedStore(t);
    const [file, elsewhere] = [join(dir, STORE_FILE), join(dir, "disk")];
    mkdirSync(elsewhere);
    renameSync(file, join(elsewhere, "real.db"));
    symlinkSync(join(elsewhere, "real.db"), file);
    open(dir);
    mkdirSync(join(dir, "away"));
    renameSync(join(elsewhere, "real.db"), join(dir, "away", "real.db"));
    const sentence = `The store ${file} is a link that leads nowhere: mount the disk that it means, or move the link away to begin a new store.`;
    refused(dir, sentence);
    rmSync(file);
    symlinkSync(file, file);
    refused(dir, sentence);
});

test("store files: a store that others could read, a backup put back perhaps, becomes its owner's alone, with a notice", (t) => {
    const dir = closedStore(t);
    const file = join(dir, STORE_FILE);
    for (const mode of [0o644, 0o660, 0o666]) {
        chmodSync(file, mode);
        writeFileSync(`${file}-wal`, "", { mode: 0o600 });
        chmodSync(`${file}-wal`, mode);
        const sentence = (path: string) => `Other users could open ${path}. Now only its owner can.`;
        assert.deepEqual(open(dir), [sentence(file), sentence(`${file}-wal`)]);
        assert.equal(modeOf(file), 0o600);
        assert.deepEqual(open(dir), []);
    }
});

test("store files: notices come out of the store's thread", async (t) => {
    const dir = closedStore(t);
    chmodSync(join(dir, STORE_FILE), 0o604);
    const notices: string[] = [];
    const store = await openStore({ dir, notice: (sentence) => void notices.push(sentence) });
    await store.close();
    assert.match(notices.join(), /^Other users could open .+toque\.db\./);
});

test("store files: a data folder that others can write, or that is another user's, gets a notice", (t) => {
    const dir = closedStore(t);
    chmodSync(dir, 0o777);
    assert.match(open(dir).join(), /^The data folder .+ can be written by other users: they can put another store/);
    chmodSync(dir, 0o755);
    assert.deepEqual(open(dir), []);
    if (NOT_ROOT !== false) return t.diagnostic(`skipped in part: ${NOT_ROOT}`);
    giveAway(dir);
    assert.match(open(dir).join(), /^The data folder .+ belongs to another user \(uid 65534\): they can put/);
});
