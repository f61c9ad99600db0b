import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { GatewayError } from "../../gateway/error.ts";
import type { Endpoint } from "../../gateway/registration.ts";
import { messageOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import type { Scene } from "./store.ts";

const KILLS = 8;
const APPENDER = fileURLToPath(new URL("../support/append-until-killed.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export function testDurability(scene: Scene): void {
    test("SIGKILL while appending: what was acknowledged is there, and no transaction is there by half", async () => {
        await scene.store.registrations.register(registrationOf(0));
        await scene.store.registrations.register(registrationOf(1));
        await scene.store.close();
        let acknowledged = 0;
        for (let round = 0; round < KILLS; round++) {
            const lines = await appendUntilKilled(scene, round, 50 + round * 37);
            acknowledged += lines.length;
            const store = await scene.factory.open(scene.where);
            for (const line of lines) {
                const [id = "", sequence] = line.split(" ");
                const receipt = await store.receipts.find(id);
                assert.equal(receipt?.sequence, Number(sequence), `${id} was acknowledged`);
            }
            for (const route of [routeOf(0), routeOf(1)]) {
                const waiting = await store.backlog.list(route, 0, 1_000);
                const keys = waiting.map(({ collapseKey }) => collapseKey);
                assert.equal(
                    new Set(keys).size,
                    keys.length,
                    "of each key one waits: it came when the one before went",
                );
                const last = waiting.at(-1)?.sequence;
                assert.equal(
                    (await store.registrations.byRoute(route))?.lastSequence,
                    last,
                    "the last sequence given is of the last message",
                );
                const octets = waiting.reduce((sum, message) => sum + message.octets, 0);
                assert.deepEqual(await store.backlog.size(route), { messages: waiting.length, octets });
            }
            await store.close();
        }
        assert.ok(acknowledged > KILLS * 50);
        scene.store = await scene.factory.open(scene.where);
    });

    test("close: what was called before is written; what is called after is refused", async () => {
        const { store } = scene;
        const calls = [
            store.registrations.register(registrationOf(1)),
            ...Array.from({ length: 50 }, () => store.backlog.append(messageOf(1))),
        ];
        const closed = store.close();
        await assert.rejects(
            store.settings.get("key"),
            (error) => error instanceof GatewayError && error.code === "unavailable",
        );
        await Promise.all(calls);
        await closed;
        await store.close();
        scene.store = await scene.factory.open(scene.where);
        assert.equal((await scene.store.backlog.size(routeOf(1))).messages, 50);
    });

    const endpoint: Endpoint = { address: "10.0.0.7", port: 1000, sinceMs: START_MS, why: "boot" };

    /** A device registers, having handled that sequence in that epoch. @returns whether it was told a new epoch */
    async function comes(epoch: number, sequence: number): Promise<boolean> {
        const handled = { epoch, sequence };
        const registration = await scene.store.contacts.record(routeOf(1), { atMs: START_MS, endpoint, handled });
        assert.ok(registration !== undefined && registration.epoch >= epoch);
        return registration.epoch > epoch;
    }

    async function append(messages: number): Promise<void> {
        for (let count = 0; count < messages; count++) await scene.store.backlog.append(messageOf(1));
    }

    test("epoch: through restarts and whatever is sent meanwhile, a device keeps its numbering", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        assert.equal(await comes(epoch, 0), false);
        await append(5);
        assert.equal(await comes(epoch, 5), false);
        await scene.reopen();
        await append(5);
        await scene.reopen();
        await append(5);
        assert.equal(await comes(epoch, 5), false);
        assert.equal(await comes(epoch, 15), false);
    });

    test("epoch: a device that has seen more than was ever given is told a new one", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await append(5);
        assert.equal(await comes(epoch, 0), false);
        assert.equal(await comes(epoch, 6), true);
        assert.equal(await comes(epoch, 6), true, "what it says of the old epoch means nothing in the new one");
    });

    test("epoch: a restored store is found out also when it has given the same sequences again", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await comes(epoch, 0);
        await append(5);
        await comes(epoch, 5);
        // The store that goes on from here was put back from a backup; the device went on to sequence 8 with the one that is lost.
        await scene.reopen();
        await append(5);
        await scene.reopen();
        await append(5);
        assert.equal(await comes(epoch, 8), true);
    });

    test("epoch: what a restored store still has of the time before its copy was dealt with; what came later was not", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await comes(epoch, 0);
        await append(5);
        await scene.store.backlog.settle(routeOf(1), 1, "delivered", START_MS);
        // The copy is of this moment: 2 to 5 wait. The device went on to sequence 8 with the store that is lost.
        await scene.reopen();
        await append(4);
        assert.equal(await comes(epoch, 8), true);
        const waiting = await scene.store.backlog.list(routeOf(1), 0, 100);
        assert.deepEqual(
            waiting.map(({ sequence }) => sequence),
            [6, 7, 8, 9],
            "these are other messages than those that the device has seen by their sequences",
        );
    });

    test("epoch: a device that was away across restarts before the copy is sent again what may be another message", async () => {
        const { epoch } = (await scene.store.registrations.register(registrationOf(1))).registration;
        await append(2);
        await comes(epoch, 0);
        await scene.reopen();
        await append(3); // the copy may be of this moment, or of the one before
        await scene.reopen();
        assert.equal(await comes(epoch, 8), true);
        const waiting = await scene.store.backlog.list(routeOf(1), 0, 100);
        assert.deepEqual(
            waiting.map(({ sequence }) => sequence),
            [3, 4, 5],
            "rather twice than never",
        );
    });
}

/** Runs the appender for so long. @returns the lines it wrote whole: each an id and its sequence */
async function appendUntilKilled({ factory, where }: Scene, round: number, ms: number): Promise<string[]> {
    const args = ["--import", "tsx", APPENDER, factory.module.href, where, String(round)];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        timer ??= setTimeout(() => child.kill("SIGKILL"), ms); // from the first message on
    });
    const [, signal] = (await once(child, "close")) as [number | null, string | null];
    assert.equal(signal, "SIGKILL");
    return Buffer.concat(chunks).toString().split("\n").slice(0, -1);
}
