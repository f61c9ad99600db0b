import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { backUp, check, restore } from "../../../gateway/store/copies.ts";
import { openDatabase } from "../../../gateway/store/database.ts";
import { migrate } from "../../../gateway/store/schema.ts";
import { openSql } from "../../../gateway/store/sql.ts";
import { STORE_FILE } from "../../../gateway/store/store-files.ts";
import { bundled } from "../../support/bundled.ts";
import { fill, leaveKilled, make, open, remove } from "../../support/embedded-store.ts";

const APPENDER = new URL("../../support/append-until-killed.ts", import.meta.url);
const MODULE = new URL("../../support/embedded-store.ts", import.meta.url);

/** What `fill` puts into a store, with three messages. */
const HOLDING = { numbers: 2, messages: 3, damaged: 0 };

function folder(t: TestContext): string {
    const dir = make();
    t.after(() => remove(dir));
    return dir;
}

function filled(t: TestContext, messages: number): string {
    const dir = folder(t);
    fill(openDatabase(dir), messages).close();
    return dir;
}

test("backup: of a store that is written without a pause it has an end, and holds all that was acknowledged before", async (t) => {
    const dir = filled(t, 0);
    const copy = join(dir, "copy.db");
    const words = [...(await bundled(APPENDER, MODULE)), dir, "0"];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    const lines = () => printed.split("\n").slice(0, -1);
    while (lines().length < 300) await once(child.stdout, "data");
    const before = lines();
    backUp(dir, copy, false);
    while (lines().length < before.length + 300) await once(child.stdout, "data");
    check(dir); // of the store that is in use
    child.kill("SIGKILL");
    await once(child, "close");
    assert.equal(statSync(copy).mode & 0o777, 0o600);

    const elsewhere = join(dir, "elsewhere");
    restore(elsewhere, copy, false);
    const restored = await open(elsewhere);
    t.after(() => restored.close());
    for (const line of before) assert.ok((await restored.receipts.find(line.split(" ")[0]!)) !== undefined, line);
});

/** Has a store's file for itself for half a second, as a gateway has for a moment when it begins its log anew. */
const HOLDER = `
    const sql = new (require("libsql"))(process.argv[1]);
    sql.exec("BEGIN EXCLUSIVE");
    console.log("held");
    setTimeout(() => sql.close(), 500);`;

test("check: waits while another program holds the file", async (t) => {
    const dir = filled(t, 3);
    const [copy, held] = [join(dir, "copy.db"), join(dir, "held.db")];
    backUp(dir, copy, false);
    copyFileSync(copy, held);
    const child = spawn(process.execPath, ["-e", HOLDER, held], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "close");
    await once(child.stdout, "data");
    assert.deepEqual(check(dir, held), HOLDING);
    assert.deepEqual(await ended, [0, null]);
});

test("backup and check: a store that a killed gateway left stays as it is, its log too, which the copy has merged", (t) => {
    const killed = folder(t);
    leaveKilled(killed, 3);
    const names = [STORE_FILE, `${STORE_FILE}-wal`];
    const octets = names.map((name) => readFileSync(join(killed, name)));
    const copy = join(folder(t), "copy.db");
    assert.deepEqual(check(killed), HOLDING);
    assert.deepEqual(backUp(killed, copy, false), HOLDING);
    names.forEach((name, at) => assert.ok(readFileSync(join(killed, name)).equals(octets[at]!), name));
    assert.deepEqual(check(killed, copy), HOLDING);
});

test("restore: what was there is kept beside it; an older store is brought to this version", (t) => {
    const dir = filled(t, 3);
    const old = join(dir, "old copy.db");
    const sql = openSql(old, 0);
    migrate(sql, 1);
    sql.close();
    assert.deepEqual(restore(dir, old, true), { numbers: 0, messages: 0, damaged: 0 });
    assert.deepEqual(check(dir, join(dir, `${STORE_FILE}.old`)), HOLDING);
    openDatabase(dir).close();
});

const REFUSED: [name: string, run: (dir: string, copy: string) => void, code: string, message: RegExp][] = [
    ["a backup over another file", (dir, copy) => backUp(dir, copy, false), "conflict", /copy\.db is there already/],
    ["a backup over the store", (dir) => backUp(dir, join(dir, STORE_FILE), true), "conflict", /is the store itself/],
    ["a backup of no store", (dir, copy) => backUp(join(dir, "none"), copy, true), "unavailable", /There is no store/],
    ["a backup into no folder", (dir) => backUp(dir, join(dir, "a", "b"), true), "unavailable", /cannot be written/],
    ["a backup over a folder", (dir) => backUp(dir, join(dir, "folder"), true), "unavailable", /cannot be written/],
    ["a restore over a store", (dir, copy) => restore(dir, copy, false), "conflict", /give --replace.*toque\.db\.old/],
    ["a restore of no file", (dir) => restore(dir, join(dir, "none"), true), "unavailable", /There is no file/],
    ["a restore of another file", (dir) => restore(dir, join(dir, "text"), true), "unavailable", /damaged/],
    [
        "a restore beside an earlier one",
        (dir, copy) => [1, 2].forEach(() => restore(dir, copy, true)),
        "conflict",
        /toque\.db\.old is there from an earlier restore/,
    ],
    [
        "a start after a power cut in a restore: the store is aside, and its copy has no name yet",
        (dir, copy) => {
            restore(dir, copy, true);
            renameSync(join(dir, STORE_FILE), copy);
            try {
                openDatabase(dir).close();
            } finally {
                restore(dir, copy, false);
            }
        },
        "unavailable",
        /toque\.db\.old, which a restore put aside, is there: restore again/,
    ],
    [
        "a restore while a gateway runs",
        (dir, copy) => {
            const database = openDatabase(dir);
            try {
                restore(dir, copy, true);
            } finally {
                database.close();
            }
        },
        "unavailable",
        /stop it first/,
    ],
];
test("backup and restore: what is refused leaves the store, and nothing half done", (t) => {
    for (const [name, run, code, message] of REFUSED) {
        const dir = filled(t, 3);
        const copy = join(dir, "copy.db");
        writeFileSync(join(dir, "text"), "hello ".repeat(2_000));
        mkdirSync(join(dir, "folder"));
        backUp(dir, copy, false);
        assert.throws(() => run(dir, copy), { name: "GatewayError", code, message }, name);
        assert.deepEqual(check(dir), HOLDING, name);
        assert.deepEqual(
            readdirSync(dir).filter((file) => file.includes(".new")),
            [],
            name,
        );
        assert.ok(existsSync(copy), name);
    }
});
