import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync, openSync, writeSync, closeSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import Database from "libsql";
import { GatewayError } from "../../../gateway/error.ts";
import { createCalls } from "../../../gateway/store/calls.ts";
import { openDatabase } from "../../../gateway/store/database.ts";
import { runGroup } from "../../../gateway/store/group.ts";
import { openStore } from "../../../gateway/store/open.ts";
import type { Call } from "../../../gateway/store/protocol.ts";
import { migrate, SCHEMA_VERSION } from "../../../gateway/store/schema.ts";
import { openSql } from "../../../gateway/store/sql.ts";
import { STORE_FILE } from "../../../gateway/store/store-files.ts";
import { bundled } from "../../support/bundled.ts";
import { make, remove } from "../../support/embedded-store.ts";
import { append, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../../support/records.ts";

const [APPENDER, MODULE] = (await bundled(
    new URL("../../support/append-until-killed.ts", import.meta.url),
    new URL("../../support/embedded-store.ts", import.meta.url),
)) as [string, string];

const dirs: string[] = [];
after(() => dirs.forEach(remove));

function folder(): string {
    const dir = make();
    dirs.push(dir);
    return dir;
}

/** A folder with a store that has a registration and waiting messages, closed. */
async function filled(messages = 50): Promise<string> {
    const dir = folder();
    const store = await openStore({ dir });
    await Promise.all([0, 1].map((index) => store.registrations.register(registrationOf(index))));
    await Promise.all(
        Array.from({ length: messages }, () => store.backlog.append(messageOf(1, { body: "x".repeat(500) }))),
    );
    await store.close();
    return dir;
}

async function refused(dir: string, sentence: RegExp): Promise<void> {
    await assert.rejects(
        openStore({ dir }),
        (error) => error instanceof GatewayError && error.code === "unavailable" && sentence.test(error.message),
    );
}

test("open: makes its folder and its files, for their owner alone", async () => {
    const dir = join(folder(), "deep", "er");
    const store = await openStore({ dir });
    await store.settings.set("key", "1");
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const end of ["", "-wal"]) assert.equal(statSync(join(dir, STORE_FILE + end)).mode & 0o777, 0o600);
    await store.close();
});

test("open: a relative folder is meant from where the program was started", async () => {
    const dir = folder();
    const script = `import { open } from ${JSON.stringify(MODULE)}; const store = await open("data"); await store.settings.set("key", "1"); await store.close();`;
    const file = join(dir, "script.mjs");
    writeFileSync(file, script);
    const child = spawn(process.execPath, [file], { cwd: dir, stdio: "inherit" });
    assert.deepEqual(await once(child, "close"), [0, null]);
    assert.ok(statSync(join(dir, "data", STORE_FILE)).size > 0);
});

test("open: a second gateway in the same folder is refused, in this process and in another; the lock ends with its holder", async () => {
    const dir = await filled();
    const store = await openStore({ dir });
    await refused(dir, /Another gateway is using the data folder/);
    await store.close();
    const holder = await startAppender(dir);
    await refused(dir, /stop it first.*--data/);
    holder.kill("SIGKILL");
    await once(holder, "close");
    await (await openStore({ dir })).close();
});

test("open: a folder that cannot be made, or is none, is named with what to do", async () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    await refused(join(file, "data"), /cannot be made.*--data/);
    if (process.platform === "linux") await refused("/proc/toque/data", /cannot be made.*--data/);
    await refused(file, /cannot be made|cannot be opened/);
});

/** Another gateway on this folder, which has acknowledged its first message. */
async function startAppender(dir: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [APPENDER, MODULE, dir, "0"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.stdout.resume();
    return child;
}

/** Each of them does something to a store's file; it is refused, and left exactly as it is. */
const DAMAGES: [name: string, harm: (file: string) => void][] = [
    ["emptied", (file) => truncateSync(file, 0)],
    ["cut in the middle", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ["overwritten at its head", (file) => overwrite(file, 0, Buffer.from("not a database"))],
    ["overwritten in its schema", (file) => overwrite(file, 100, Buffer.alloc(400, 0xff))],
    [
        "overwritten page by page behind its head",
        (file) => {
            for (let at = 4_096; at < statSync(file).size; at += 4_096) overwrite(file, at, Buffer.alloc(100, 0xff));
        },
    ],
    ["another text", (file) => writeFileSync(file, "hello ".repeat(2_000))],
];

function overwrite(file: string, at: number, octets: Buffer): void {
    const handle = openSync(file, "r+");
    writeSync(handle, octets, 0, octets.length, at);
    closeSync(handle);
}

for (const [name, harm] of DAMAGES) {
    test(`open: a store that was ${name} is refused and left as it is`, async () => {
        const dir = await filled();
        const file = join(dir, STORE_FILE);
        harm(file);
        const before = readFileSync(file);
        await refused(dir, /is damaged and was left as it is.*backup/);
        assert.ok(readFileSync(file).equals(before));
    });
}

test("open: of 100 seeded damages of five octets each none crashes; what opens answers, or reports the damage", async () => {
    const dir = await filled(200);
    const file = join(dir, STORE_FILE);
    const sound = readFileSync(file);
    let seed = 12345;
    const draw = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    let refusals = 0;
    for (let round = 0; round < 100; round++) {
        const octets = Buffer.from(sound);
        for (let count = 0; count < 5; count++) octets[draw(octets.length)] = draw(256);
        writeFileSync(file, octets);
        // In this thread, as the store's own does it: a hundred threads would take a minute.
        try {
            const database = openDatabase(dir);
            const { sql, start } = database;
            runGroup(sql, createCalls(sql, file, start), CALLS, (outcomes) => {
                for (const { failure } of outcomes)
                    assert.ok(failure === undefined || failure.code === "unavailable", failure?.message);
            });
            database.close();
        } catch (error) {
            assert.ok(error instanceof GatewayError, String(error));
            refusals++;
        }
        for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
    }
    assert.ok(refusals > 20 && refusals < 100);
});

/** A read and some writes, of all that `filled` put there. */
const CALLS: Call[] = [
    { id: 1, name: "backlog.list", args: [routeOf(1), 0, 1_000] },
    { id: 2, name: "backlog.append", args: [messageOf(1)] },
    {
        id: 3,
        name: "contacts.record",
        args: [routeOf(1), { atMs: 1, handled: { epoch: START_MS / 1000, sequence: 100 } }],
    },
    { id: 4, name: "registrations.list", args: [{ limit: 10 }] },
];

test("open: the log that a killed gateway left behind is merged, nothing of it is lost, and it is not written into another store", async () => {
    const dir = await filled();
    const child = await startAppender(dir);
    child.kill("SIGKILL");
    await once(child, "close");
    const [file, log] = [join(dir, STORE_FILE), join(dir, `${STORE_FILE}-wal`)];
    const before = [readFileSync(file), readFileSync(log)];
    rmSync(file);
    await refused(dir, /is missing, but its log .*-wal is there/);
    writeFileSync(file, before[0] ?? "");
    assert.ok(readFileSync(log).equals(before[1] ?? Buffer.alloc(0)));
    const store = await openStore({ dir });
    assert.ok((await store.backlog.size(routeOf(1))).messages > 50);
    await store.close();
    assert.equal(statSync(log, { throwIfNoEntry: false })?.size ?? 0, 0);
});

test("open: a file of another program is not taken for a store", async () => {
    const dir = folder();
    const database = new Database(join(dir, STORE_FILE));
    database.exec("CREATE TABLE songs (title TEXT)");
    database.close();
    await refused(dir, /is not a store of Toque.*--data/);
});

test("open: a store of a newer Toque is left to that one", async () => {
    const dir = await filled();
    const database = new Database(join(dir, STORE_FILE));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await refused(dir, /newer Toque.*99/);
});

async function upgrades(version: number): Promise<void> {
    const dir = folder();
    const sql = openSql(join(dir, STORE_FILE), 0);
    migrate(sql, Math.min(version, 6)); // later ones have all this in other tables
    sql.run(
        "INSERT INTO registrations (route, number, secret_hash, provisional, created_ms, epoch, last_sequence) VALUES (?, ?, ?, 0, 1, 1, 2)",
        routeOf(1),
        numberOf(1),
        "hash",
    );
    sql.run(
        "INSERT INTO receipts (num, id, route, sequence, number, state, history, once) VALUES (1, ?, ?, 1, ?, ?, ?, ?)",
        "m",
        routeOf(1),
        numberOf(1),
        "sent",
        '["accepted",1],["sent",2]',
        "key",
    );
    sql.run(
        "INSERT INTO receipts (num, id, route, sequence, number, state, history, ended_ms) VALUES (2, ?, ?, 2, ?, ?, ?, 4)",
        "r",
        routeOf(1),
        numberOf(1),
        "failed",
        '["accepted",1],["sent",2],["sent",3],["failed",4,"handler"]',
    );
    sql.run(
        `INSERT INTO backlog (num, route, sequence, urgency, content, octets, accepted_ms, expires_ms, due_ms, sent_ms)
            VALUES (1, ?, 1, 2, ?, 10, 1, 9, 9, 2)`,
        routeOf(1),
        '{"body":"hello"}',
    );
    const endpoints = [1, 2].map((sinceMs) => ({ address: `10.0.0.${sinceMs}`, port: 7, sinceMs, why: "boot" }));
    for (const one of endpoints) sql.insert("endpoints", { route: routeOf(1), endpoint: JSON.stringify(one) });
    migrate(sql, version);
    sql.close();
    const store = await openStore({ dir });
    assert.deepEqual(await store.contacts.endpoints(routeOf(1)), endpoints.toReversed());
    assert.equal((await store.receipts.find("m"))?.state, "sent");
    assert.equal((await store.backlog.list(routeOf(1), 0, 1))[0]?.content, '"b":"hello"');
    assert.equal(await store.backlog.settle(routeOf(1), 1, "delivered", 3), true);
    const states = (await store.receipts.find("m"))?.history.map(({ state }) => state);
    assert.deepEqual(states, ["accepted", "sent", "delivered"]);
    assert.deepEqual(await store.receipts.find("r"), {
        id: "r",
        route: routeOf(1),
        to: numberOf(1),
        sequence: 2,
        state: "failed",
        history: [
            { state: "accepted", atMs: 1 },
            { state: "sent", atMs: 2 },
            { state: "sent", atMs: 3 },
            { state: "failed", atMs: 4, why: "handler" },
        ],
    });
    const next = await append(store, messageOf(1, { once: "key" }));
    assert.deepEqual([next.repeated, next.sequence], [false, 3], "whose key it was is not known");
    assert.equal(await store.receipts.markRead(routeOf(1), 1, 5), true, "found by going back from the last message");
    await store.close();
}

for (let version = 1; version < SCHEMA_VERSION; version++) {
    test(`open: a store of version ${version} is brought to this one, and what was in it stays`, () =>
        upgrades(version));
}

test("open: a start that was cut short while the file was made is begun anew", async () => {
    const dir = folder();
    writeFileSync(join(dir, `${STORE_FILE}.new`), "half");
    const store = await openStore({ dir });
    await store.registrations.register(registrationOf(1));
    assert.equal((await store.registrations.byNumber(numberOf(1)))?.route, routeOf(1));
    await store.close();
    assert.equal(statSync(join(dir, `${STORE_FILE}.new`), { throwIfNoEntry: false }), undefined);
});
