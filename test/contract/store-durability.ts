import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { GatewayError } from "../../gateway/error.ts";
import { bundled } from "../support/bundled.ts";
import { START_MS, fieldsOf, messageOf, numberOf, registrationOf, routeOf } from "../support/records.ts";
import { append, sequences, type Scene } from "./store-scene.ts";

const KILLS = 5;
const APPENDER = new URL("../support/append-until-killed.ts", import.meta.url);

export function testDurability(scene: Scene): void {
    test("SIGKILL while appending: what was acknowledged is there, and no transaction is there by half", async () => {
        await scene.store.registrations.register(registrationOf(0));
        await scene.store.registrations.register(registrationOf(1));
        await scene.store.close();
        const words = await bundled(APPENDER, scene.factory.module);
        let acknowledged = 0;
        for (let round = 0; round < KILLS; round++) {
            const lines = await appendUntilKilled([...words, scene.where, String(round)], 50 + round * 60);
            acknowledged += lines.length;
            const store = await scene.factory.open(scene.where);
            for (const line of lines) {
                const [id = "", sequence] = line.split(" ");
                const receipt = await store.receipts.find(id);
                assert.equal(receipt?.sequence, Number(sequence), `${id} was acknowledged`);
            }
            for (const route of [routeOf(0), routeOf(1)]) {
                const waiting = await store.backlog.list(route, 0, 1_000);
                const keys = waiting.map((message) => fieldsOf(message).k);
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

    test("group: of calls that arrive together each succeeds or fails alone", async () => {
        const store = await scene.board();
        await append(store);
        const calls = Array.from({ length: 100 }, (_, n) =>
            n % 10 === 5 ? store.backlog.settle(routeOf(1), 1, "accepted", START_MS) : append(store),
        );
        const settled = await Promise.allSettled(calls);
        assert.equal(settled.filter(({ status }) => status === "rejected").length, 10);
        assert.deepEqual(
            sequences(await store.backlog.list(routeOf(1), 1, 1_000)),
            Array.from({ length: 90 }, (_, n) => n + 2),
        );
        assert.deepEqual(await store.backlog.size(routeOf(1)), { messages: 91, octets: 9_100 });
    });

    test("group: a read sees the writes that were called before it, awaited or not", async () => {
        const { store } = scene;
        void store.registrations.register(registrationOf(1));
        const first = append(store);
        const between = store.backlog.size(routeOf(1));
        const second = append(store);
        assert.deepEqual(await between, { messages: 1, octets: 100 });
        await Promise.all([first, second]);
    });

    test("byNumber and byHash: a change is seen by a call made after its answer, and by one made beside it", async () => {
        const store = await scene.board();
        for (let round = 2; round < 30; round++) {
            const early = store.registrations.byNumber(numberOf(1));
            const change = store.registrations.register(registrationOf(1, { route: routeOf(round) }));
            const beside = store.registrations.byNumber(numberOf(1));
            assert.equal((await early)?.route, routeOf(round - 1));
            assert.equal((await beside)?.route, routeOf(round));
            await change;
            assert.equal((await store.registrations.byNumber(numberOf(1)))?.route, routeOf(round));
            const appends = Array.from({ length: 3 }, () => append(store, { route: routeOf(round) }));
            const among = store.registrations.byNumber(numberOf(1));
            await Promise.all([...appends, among]);
            assert.equal((await store.registrations.byNumber(numberOf(1)))?.lastSequence, 3);
        }
        await store.registrations.unregister(numberOf(1), START_MS);
        assert.equal(await store.registrations.byNumber(numberOf(1)), undefined);
        const token = { id: "t", role: "sender", hash: "h", pattern: "*", createdMs: START_MS } as const;
        await store.tokens.add(token);
        assert.equal((await store.tokens.byHash("h"))?.id, "t");
        const beside = [store.tokens.byHash("h"), store.tokens.remove("t"), store.tokens.byHash("h")];
        await Promise.all(beside);
        assert.equal(await store.tokens.byHash("h"), undefined);
    });
}

/** Runs the appender for so long. @returns the lines it wrote whole: each an id and its sequence */
async function appendUntilKilled(words: string[], ms: number): Promise<string[]> {
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
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
