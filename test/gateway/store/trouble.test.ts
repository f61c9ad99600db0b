import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import Database from "libsql";
import { GatewayError } from "../../../gateway/error.ts";
import type { Placed } from "../../../gateway/ports/backlog.ts";
import { createClient } from "../../../gateway/store/client.ts";
import { STORE_FILE } from "../../../gateway/store/store-files.ts";
import { openStore } from "../../../gateway/store/open.ts";
import { bundled } from "../../support/bundled.ts";
import { make, remove } from "../../support/embedded-store.ts";
import { withStore } from "../../support/store-for-tests.ts";
import { append, messageOf, numberOf, registrationOf, routeOf, START_MS } from "../../support/records.ts";

const [FILLER, MODULE] = (await bundled(
    new URL("../../support/fill-the-disk.ts", import.meta.url),
    new URL("../../../gateway/store/database.ts", import.meta.url),
)) as [string, string];

function isUnavailable(sentence: RegExp): (error: unknown) => boolean {
    return (error) => error instanceof GatewayError && error.code === "unavailable" && sentence.test(error.message);
}

test("disk full: writes fail with a sentence, reads go on, what was acknowledged stays, and room brings it all back", async () => {
    const dir = make();
    after(() => remove(dir));
    // A limit on the size of a file is what a test can have of a full disk without rights; the signal that comes with it is ignored.
    const blocks = 1_400; // of 1,024 octets
    const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1" "$2"`;
    const child = spawn("bash", ["-c", command, process.execPath, FILLER, dir], {
        stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    assert.deepEqual(await once(child, "close"), [0, null], "the process stays alive to its end");
    const { acknowledged, failures, waiting } = JSON.parse(output) as {
        acknowledged: string[];
        failures: string[];
        waiting: number;
    };
    assert.ok(acknowledged.length > 50 && failures.length >= 40);
    assert.deepEqual(
        [...new Set(failures)].filter((failure) => !/^unavailable: The store cannot write: its disk/.test(failure)),
        [],
    );
    assert.equal(waiting, acknowledged.length, "it could still be read, and what failed left nothing behind");

    const store = await openStore({ dir });
    for (const id of acknowledged) assert.equal((await store.receipts.find(id))?.state, "accepted");
    assert.equal((await store.backlog.size(routeOf(1))).messages, acknowledged.length);
    const next = await append(store, messageOf(1, { id: "with room again" }));
    assert.equal(next.sequence, acknowledged.length + 1);
    await store.close();
});

const NO_DISK =
    spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0
        ? false
        : "a disk of its own needs a mount namespace";
for (const [name, before] of [
    ["has no store", ""],
    ["has a store", "open(); "],
] as const) {
    test(`disk full at the start: the disk of a folder that ${name} is named`, { skip: NO_DISK }, () => {
        const dir = make();
        after(() => remove(dir));
        const script = `import { openDatabase } from ${JSON.stringify(MODULE)}; import { writeFileSync } from "node:fs";
            const open = () => openDatabase(${JSON.stringify(join(dir, "data"))}).close();
            ${before}try { writeFileSync(${JSON.stringify(join(dir, "fill"))}, Buffer.alloc(2e6)); } catch {}
            try { open(); } catch (error) { console.log(error.message); }`;
        const command = `mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"`;
        const node = [process.execPath, "--input-type=module", "-e", script];
        const { stdout, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", command, dir, ...node], {
            encoding: "utf8",
        });
        assert.equal(stdout, `The disk of ${join(dir, "data")} is full: free some space, then start again.\n`, stderr);
    });
}

test("locked by another program: writes fail with a sentence, reads go on, nobody else waits, and it comes back", () =>
    withStore(async (store, dir) => {
        await store.registrations.register(registrationOf(1));
        const other = new Database(join(dir, STORE_FILE));
        other.exec("BEGIN IMMEDIATE");
        let turns = 0;
        const turning = setInterval(() => turns++, 10);
        const writes = Array.from({ length: 5 }, () => store.backlog.append(messageOf(1)));
        const read = store.registrations.byNumber(numberOf(1));
        const settled = await Promise.allSettled(writes);
        clearInterval(turning);
        for (const one of settled) {
            assert.ok(one.status === "rejected" && isUnavailable(/another program has locked/)(one.reason));
        }
        assert.equal((await read)?.route, routeOf(1));
        assert.ok(turns > 10, `the store's thread waits for the lock, and this one goes on: ${turns} turns`);
        other.exec("ROLLBACK");
        other.close();
        assert.equal((await append(store, messageOf(1))).sequence, 1);
    }));

test("a lock that is given back in time is waited for", () =>
    withStore(async (store, dir) => {
        await store.registrations.register(registrationOf(1));
        const other = new Database(join(dir, STORE_FILE));
        other.exec("BEGIN IMMEDIATE");
        const appended = append(store, messageOf(1));
        setTimeout(() => other.exec("COMMIT"), 200);
        assert.equal((await appended).sequence, 1);
        other.close();
    }));

test("bad arguments: a call that nobody can mean fails alone, and the process lives", () =>
    withStore(async (store) => {
        await store.registrations.register(registrationOf(1));
        assert.equal((await append(store, messageOf(1))).sequence, 1);
        const bad = [true, {}, [], Symbol("s"), () => 1, 1n, NaN, Infinity].map((id) =>
            store.backlog.append(messageOf(1, { id: id as never })),
        );
        const good = store.backlog.append(messageOf(1));
        const settled = await Promise.allSettled(bad);
        assert.ok(settled.every(({ status }) => status === "rejected"));
        assert.equal(((await good) as Placed).sequence, 2, "what failed took no sequence, and gave none back");
        await assert.rejects(store.receipts.find({} as never));
        await assert.rejects(store.receipts.find(Symbol("alone") as never));
        assert.ok((await store.registrations.byNumber(numberOf(1))) !== undefined);
    }));

test("the thread ends by itself: calls under way and later ones are refused with a sentence, and nothing hangs", async () => {
    const worker = new Worker("require('node:worker_threads').parentPort.once('message', () => process.exit(1))", {
        eval: true,
    });
    const store = createClient(worker, ["settings.get", "backlog.append", "registrations.byNumber"]);
    const calls = [
        store.settings.get("a"),
        store.backlog.append(messageOf(1)),
        store.registrations.byNumber(numberOf(1)),
    ];
    for (const one of await Promise.allSettled(calls)) {
        assert.ok(one.status === "rejected" && isUnavailable(/the gateway ends/)(one.reason));
    }
    await assert.rejects(store.settings.get("a"), isUnavailable(/the gateway ends/));
    await store.close();
});

test("appends beyond what may be under way are refused, and none that was accepted is lost", () =>
    withStore(async (store) => {
        await store.registrations.register(registrationOf(1));
        const calls = Array.from({ length: 10_050 }, () => store.backlog.append(messageOf(1, { octets: 1 })));
        const settle = store.settings.set("key", "not held up by that");
        const settled = await Promise.allSettled(calls);
        const refused = settled.filter((one) => one.status === "rejected");
        assert.equal(refused.length, 50);
        assert.ok(refused.every((one) => (one.reason as GatewayError).code === "too_many"));
        await settle;
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.lastSequence, 10_000);
        await append(store, messageOf(1));
    }));

test("sweeps: a call ends or forgets no more than it may, so that others get their turn", () =>
    withStore(async (store) => {
        const routes = [1, 2, 3];
        await Promise.all(routes.map((index) => store.registrations.register(registrationOf(index))));
        const all = routes.flatMap((index) =>
            Array.from({ length: 700 }, () => store.backlog.append(messageOf(index, { octets: 1 }))),
        );
        await Promise.all(all);
        assert.equal(
            (await store.registrations.retire(START_MS + 1, START_MS + 1, 100)).length,
            2,
            "1,400 messages are enough for one call",
        );
        assert.equal(await store.backlog.expire(START_MS + 10_000_000, 1e9), 700);
        assert.equal(await store.upkeep.forget(START_MS + 20_000_000, 1e9), 1_000);
    }));
