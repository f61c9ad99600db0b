import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../gateway/ports/store.ts";
import { createCalls } from "../../gateway/store/calls.ts";
import { openDatabase, type OpenedDatabase } from "../../gateway/store/database.ts";
import { runGroup } from "../../gateway/store/group.ts";
import { openStore } from "../../gateway/store/open.ts";
import type { CallName } from "../../gateway/store/protocol.ts";
import { STORE_FILE } from "../../gateway/store/store-files.ts";
import { messageOf, registrationOf } from "./records.ts";

/** A folder for an embedded store that is not there yet. */
export function make(): string {
    return mkdtempSync(join(tmpdir(), "toque-store-"));
}

export function open(dir: string): Promise<Store> {
    return openStore({ dir });
}

export function remove(dir: string): void {
    rmSync(dir, { recursive: true, force: true });
}

/** Gives an open store two numbers, and the second of them waiting messages, each in a transaction of its own. In this thread: that is quicker. */
export function fill(
    database: OpenedDatabase,
    messages: number,
    given: Parameters<typeof messageOf>[1] = {},
): OpenedDatabase {
    const { sql, file, start } = database;
    const calls = createCalls(sql, file, start);
    const call = (name: CallName, arg: unknown) =>
        runGroup(sql, calls, [{ id: 1, name, args: [arg] }], ([outcome]) => assert.equal(outcome?.failure, undefined));
    for (const index of [0, 1]) call("registrations.register", registrationOf(index));
    for (let count = 0; count < messages; count++) call("backlog.append", messageOf(1, given));
    return database;
}

/** Leaves in an empty folder what a gateway leaves there that is killed: a log which nobody has merged. */
export function leaveKilled(dir: string, messages: number): void {
    const running = make();
    const database = fill(openDatabase(running), messages);
    for (const name of [STORE_FILE, `${STORE_FILE}-wal`]) copyFileSync(join(running, name), join(dir, name));
    database.close();
    remove(running);
}
