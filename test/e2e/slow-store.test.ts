import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, pause } from "../support/eventually.ts";
import { forEachInLanes } from "../support/lanes.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { RawDevice } from "./raw-device.ts";
import { slowFlush } from "./slow-flush.ts";

// `toque serve` on a disk that is slow: each commit holds the store's thread up.

const SUBJECTS = (["espruino-sim", "host", "lua", "espruino-sim"] as const).map((runtime) => ({
    runtime,
    options: {},
}));
const MESSAGES = 300;
const FLUSH_MS = 200;
const ROUNDS = 10;

const random = seeded(chooseSeed());

test("a store that takes 0 to 50 ms while addresses change and connections break: none lost, none shown twice", async (t) => {
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    const scene = await setScene(SUBJECTS, {}, slowFlush(0, 50));
    t.after(() => scene.close());
    const { gateway, boards, ledger } = scene;
    gateway.mqtt.choose = () =>
        random.percent(50) ? { cut: { direction: "down", octets: random.below(2_000), how: "rst" } } : {};
    const flow = new Flow(scene, random, { lanes: 8, mqttEvery: 4, messages: MESSAGES });
    const published = flow.ended();
    let publishing = true;
    const moving = (async () => {
        while (publishing) {
            await pause(200 + random.below(600));
            await random.pick(boards).move();
        }
    })();
    await published.finally(() => (publishing = false));
    await moving;
    gateway.mqtt.choose = () => ({});
    await Promise.all(boards.map((board) => board.comeBack()));
    const faults = await settle(scene);
    t.diagnostic(`${gateway.mqtt.cuts} connections cut, ${boards.map(({ times }) => times).join(", ")} made`);
    assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
    assert.equal(ledger.total, MESSAGES);
});

test("a store that takes 0 to 50 ms while a device's connection breaks: on each connection pushes are in order, and none twice", async (t) => {
    const running = await GatewayProcess.start(slowFlush(0, 50));
    t.after(() => running.close());
    const enrolled = await running.register("+34600200001");
    const devices: RawDevice[] = [];
    const connect = async () => devices.unshift(await RawDevice.connect(running.mqtt.target!, enrolled, 4));
    let sending = true;
    const breaking = (async () => {
        // a device that connects all the time would be refused
        while (sending && devices.length < 8) {
            await connect();
            await pause(100 + random.below(300));
            await devices[0]!.close();
        }
    })();
    const sent = Array.from({ length: MESSAGES }, (_, index) => `${index}`);
    await forEachInLanes(sent, 4, async (body) => void (await running.send(enrolled.number, body))).finally(
        () => (sending = false),
    );
    await breaking;
    await connect();
    const bodies = () => new Set(devices.flatMap(({ pushes }) => pushes.map(({ body }) => body)));
    await eventually("all of it was pushed", () => bodies().size === MESSAGES);
    await devices[0]!.close();
    for (const { pushes } of devices) {
        const sequences = pushes.map(({ sequence }) => sequence);
        assert.deepEqual(
            sequences,
            [...new Set(sequences)].sort((a, b) => a - b),
        );
    }
});

test("a flush of 200 ms holds up no ping, and no push that is stored already", async (t) => {
    const running = await GatewayProcess.start(slowFlush(FLUSH_MS, FLUSH_MS));
    t.after(() => running.close());
    const enrolled = await running.register("+34600200000");
    const device = await RawDevice.connect(running.mqtt.target!, enrolled, 4);
    const flushesMs: number[] = [];
    let [pings, pushes] = [0, 0];
    try {
        for (let round = 0; round < ROUNDS; round++) {
            await running.send(enrolled.number, `${round}, stored`);
            const startMs = performance.now();
            let stored = false;
            const storing = running.send(enrolled.number, `${round}, being stored`).then(() => (stored = true));
            await device.ping();
            if (!stored) pings++;
            await eventually("the push", () => device.pushes.some(({ body }) => body === `${round}, stored`));
            if (!stored) pushes++;
            await storing;
            flushesMs.push(performance.now() - startMs);
        }
    } finally {
        await device.close();
    }
    t.diagnostic(`before the flush: ${pings} pings and ${pushes} pushes of ${ROUNDS}`);
    assert.ok(Math.min(...flushesMs) >= FLUSH_MS, "the disk is as slow as it should be");
    // Behind the flush none would come first. A busy machine may hold up some for longer than a flush takes.
    assert.ok(pings > ROUNDS / 2, `${pings} of ${ROUNDS} pings were answered before the flush ended`);
    assert.ok(pushes > ROUNDS / 2, `${pushes} of ${ROUNDS} pushes came before the flush ended`);
});
