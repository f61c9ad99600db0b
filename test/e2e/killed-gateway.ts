import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, pause } from "../support/eventually.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Scene, setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";
import { withGenuine } from "./genuine.ts";

// The gateway is killed at random moments while messages flow in by HTTP, to one number and to many, and by MQTT, and boards that run the
// built bundles are connected. Publishers send again what was not acknowledged, under the same key. Each message is shown once, in order.

const random = seeded(chooseSeed());
/** A life of the gateway in which too little happens ends all the same. */
const LIFE_MS = 5_000;
/** Milliseconds after its start, or after the start of its process, in which a gateway is killed. */
const SOONEST_MS = 10;
const LATEST_MS = 1_500;
/** Of a hundred gateways, so many are killed after some progress, however long that takes, and so many before they have started. */
const AFTER_PROGRESS = 40;
const BEFORE_START = 20;

const someMs = (): number => SOONEST_MS + random.below(LATEST_MS - SOONEST_MS);

/** A random moment of the gateway's life: after so many acknowledgements, or after so many pushes, fewer than `most`, and a few milliseconds. */
async function untilProgress({ ledger, boards }: Scene, most: number): Promise<void> {
    const count = random.below(most);
    const sum = random.percent(50)
        ? () => ledger.total
        : () => boards.reduce((all, { device }) => all + device.shown.length, 0);
    const before = sum();
    await eventually("", () => sum() >= before + count, LIFE_MS).catch(() => undefined);
    await pause(random.below(25));
}

/** One SIGKILL, and the start after it. @param messages that may flow in meanwhile */
async function killAndStart(scene: Scene, messages: number): Promise<void> {
    const { gateway, boards } = scene;
    await (random.percent(AFTER_PROGRESS) ? untilProgress(scene, messages) : pause(someMs()));
    await gateway.kill();
    while (random.percent(BEFORE_START)) await gateway.killStarting(someMs());
    await gateway.start();
    // Most boards find another address when they come back, at once; the others wait for their backoff.
    await Promise.all(boards.filter(() => random.percent(75)).map((board) => board.move()));
}

/** @param many boards beyond one of each runtime @param environment of the gateway */
export function killGateway(
    kills: number,
    messages: number,
    { many = 0, environment }: { many?: number; environment?: Record<string, string> } = {},
): void {
    const subjects = withGenuine("espruino-sim", "host", "espruino-sim", "lua", "espruino-sim", "host");
    for (let board = 0; board < many; board++)
        subjects.push({ name: "host", runtime: "host", skip: false, options: {} });
    const disk = environment === undefined ? "" : ", on a slow disk";
    test(`${kills} SIGKILLs while ${messages} messages flow in${disk}: none acknowledged and lost, none shown twice, all in order`, async (t) => {
        t.diagnostic(`TOQUE_SEED=${random.seed}`);
        const scene = await setScene(subjects, {}, environment);
        t.after(() => scene.close());
        const { ledger, boards } = scene;
        const flow = new Flow(scene, random, { lanes: 10 + many, mqttEvery: 5, multicastEvery: 5, messages });
        for (let kill = 1; kill <= kills; kill++) {
            flow.allow(Math.ceil((messages * kill) / kills)); // so they flow in over all of its lives
            await killAndStart(scene, messages / kills);
        }
        const before = ledger.total;
        await flow.ended();
        await Promise.all(boards.map((board) => board.move()));
        const faults = await settle(scene);
        const reconnects = boards.reduce((sum, board) => sum + board.times, 0);
        t.diagnostic(
            `${ledger.total} acknowledged, ${before} of them before the last start; ${reconnects} connections of ${boards.length} boards`,
        );
        assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
        assert.equal(ledger.total, messages);
        assert.ok(reconnects > kills, `boards were connected in most of the gateway's lives: ${reconnects}`);
    });
}
