/** What a board must not lose: variables, sockets, timers, over many connections and messages. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildNodemcu } from "../../../bundler/build.ts";
import { LUAS, putOnBench } from "./bench.ts";
import { measureHeap } from "./measure.ts";
import { Peer } from "./peer.ts";
import { slotFiles } from "../../../emulator/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "toque-bundle-"));
let bundle: Buffer;

before(() => {
    bundle = readFileSync(buildNodemcu(join(folder, "toque.lua")));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const MANY = 1000;
/** Connections after which the heap has its working size: four closed sockets are kept. */
const WARM = 50;
/** Connections of which the highest heap is taken: a reading at rest lies up to 500 octets lower now and then. */
const READINGS = 10;
/** A look-up table may grow once by its next power of two. A leak of one octet a connection is more. */
const SLACK_OCTETS = 600;

for (const { interpreter, skip } of LUAS) {
    const connections = interpreter === "fengari" ? MANY / 10 : MANY; // fengari is slow, and has no heap of its own

    test(
        `${interpreter}: ${connections} connections and as many messages leave the heap as it was`,
        { skip },
        async (t) => {
            const peer = await Peer.listen();
            t.after(() => peer.close());
            const gateway = { host: "127.0.0.1", port: peer.port };
            const bench = putOnBench(t, interpreter, { "toque.lua": bundle.toString("latin1") });
            for (const [name, data] of slotFiles({
                runtime: "lua",
                gateway,
                route: "abcdefghijklmnop",
                secret: "secret",
            }))
                bench.flash.put(name, Buffer.from(data, "latin1"));
            await bench.board.start();
            bench.radio.move("127.0.0.2");
            await bench.board.wifi("connected", "127.0.0.2");
            let [warm, last] = [0, 0];
            for (let i = 1; i <= connections; i++) {
                const deadline = Date.now() + 5000;
                while (peer.acknowledged < i) {
                    if (bench.screen.states.at(-1)?.state === "online" && peer.connected === i && peer.pushed < i)
                        peer.push(`${i}`);
                    await bench.turn(50); // the waits between connections are the board's own
                    await new Promise((resolve) => setImmediate(resolve));
                    assert.ok(Date.now() < deadline, `connection ${i}: ${bench.screen.lines.slice(-6).join("; ")}`);
                }
                if (interpreter !== "fengari" && i <= WARM && i > WARM - READINGS)
                    warm = Math.max(warm, (await bench.board.memory()).used);
                if (interpreter !== "fengari" && i > connections - READINGS)
                    last = Math.max(last, (await bench.board.memory()).used);
                // by turns the gateway ends it, and the address changes
                if (i % 2 === 0) peer.drop();
                else {
                    bench.radio.move(`127.0.0.${2 + (i % 100)}`);
                    await bench.board.wifi("connected", `127.0.0.${2 + (i % 100)}`);
                }
            }
            assert.equal(bench.screen.shown.length, connections);
            assert.deepEqual(bench.gone, []);
            if (interpreter === "fengari") return;
            assert.ok(
                last <= warm + SLACK_OCTETS,
                `${last} octets after ${connections} connections, ${warm} after ${WARM}`,
            );
        },
    );

    const none = interpreter === "fengari" ? "fengari has no heap of its own" : skip;
    test(`${interpreter}: the heap is measured, and the code is not in it`, { skip: none }, async () => {
        const heap = await measureHeap(interpreter, bundle);
        assert.ok(heap.loaded < heap.online && heap.online < 3 * bundle.length, JSON.stringify(heap));
    });
}
