import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, restore } from "../../../gateway/store/copies.ts";
import { openDatabase } from "../../../gateway/store/database.ts";
import { hasLostFrames } from "../../../gateway/store/log-check.ts";
import { STORE_FILE } from "../../../gateway/store/store-files.ts";
import { leaveKilled, make, remove } from "../../support/embedded-store.ts";

const MESSAGES = 60;
const FRAME = 24 + 4_096;
const frameAt = (index: number) => 32 + index * FRAME;
/** Where a commit's last frame is. */
const isCommit = (log: Buffer, index: number) => log.readUInt32BE(frameAt(index) + 4) !== 0;

/** What happens to a log of so many frames. @returns what is left of it */
type Harm = (log: Buffer, frames: number) => Buffer;
const flip =
    (at: (log: Buffer, frames: number) => number): Harm =>
    (log, frames) => {
        log.writeUInt8(log.readUInt8(at(log, frames)) ^ 1, at(log, frames));
        return log;
    };
const lastCommitBefore = (log: Buffer, below: number): number => {
    for (let index = below - 1; ; index--) if (isCommit(log, index)) return index;
};

const LOST: [name: string, harm: Harm][] = [
    ["a bit of a page in the middle", flip((_log, frames) => frameAt(Math.floor(frames / 2)) + 1_000)],
    ["a bit of a frame's header", flip((_log, frames) => frameAt(Math.floor(frames / 2)) + 17)],
    ["a bit of the log's header", flip(() => 18)],
    ["a page of zeros", (log, frames) => log.fill(0, frameAt(frames >> 1), frameAt((frames >> 1) + 1))],
    ["a bit of the commit before the last", flip((log, frames) => frameAt(lastCommitBefore(log, frames - 1)) + 500)],
];
const TORN: [name: string, harm: Harm][] = [
    ["nothing", (log) => log],
    ["the end of the last frame", (log) => log.subarray(0, log.length - 100)],
    [
        "the last transaction, written from its end",
        (log, frames) => {
            const first = lastCommitBefore(log, frames - 1) + 1;
            return log.fill(0, frameAt(first), frameAt(first + 1));
        },
    ],
    ["all but a part of its header", (log) => log.subarray(0, 20)],
    ["all", (log) => log.subarray(0, 0)],
];

function withLog(harm: Harm, use: (dir: string, file: string) => void): void {
    const dir = make();
    try {
        leaveKilled(dir, MESSAGES);
        const file = join(dir, STORE_FILE);
        const log = readFileSync(`${file}-wal`);
        writeFileSync(`${file}-wal`, harm(log, Math.floor((log.length - 32) / FRAME)));
        use(dir, file);
    } finally {
        remove(dir);
    }
}

for (const [name, harm] of LOST) {
    test(`log: ${name} is lost, with whole frames behind it: refused and left as it is; what is whole can be had`, () =>
        withLog(harm, (dir, file) => {
            const before = readFileSync(`${file}-wal`);
            const refused = { code: "unavailable", message: /-wal, is damaged.*"toque restore FILE --replace"/ };
            assert.throws(() => openDatabase(dir), refused);
            assert.throws(() => check(dir), refused);
            assert.ok(readFileSync(`${file}-wal`).equals(before));
            assert.ok(restore(dir, file, true).messages < MESSAGES);
            openDatabase(dir).close();
        }));
}

for (const [name, harm] of TORN) {
    test(`log: ${name} is lost, as after a power cut: the store opens`, () =>
        withLog(harm, (dir) => openDatabase(dir).close()));
}

test("log: what a longer transaction left behind a shorter one is no loss", () =>
    withLog(
        (log) => log,
        (dir, file) => {
            const database = openDatabase(dir);
            // it is written to the log before it is rolled back
            database.sql.exec(`PRAGMA cache_size = 10; BEGIN; CREATE TABLE big (octets BLOB);
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
                INSERT INTO big SELECT zeroblob(5000) FROM n; ROLLBACK`);
            database.sql.exec("UPDATE meta SET value = 7");
            database.sql.exec("UPDATE meta SET value = 8");
            copyFileSync(`${file}-wal`, `${file}-seen`);
            assert.equal(hasLostFrames(`${file}-seen`), false);
            database.close();
        },
    ));
