import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, pause } from "../support/eventually.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Scene, setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";
import { withGenuine } from "./genuine.ts";

// The gateway is killed at random moments while messages flow in and boards that run the built bundles are connected: nothing that was
// acknowledged is lost, nothing is shown twice, everything comes in order.

const random = seeded(chooseSeed());
/** A life of the gateway in which too little happens ends all the same. */
const LIFE_MS = 5_000;

/** A random moment of the gateway's life: after so many acknowledgements, or after so many pushes, and a few milliseconds. */
async function untilItsHour({ ledger, boards }: Scene): Promise<void> {
    const count = random.below(60);
    const sum = random.percent(50)
        ? () => ledger.total
        : () => boards.reduce((all, { device }) => all + device.shown.length, 0);
    const before = sum();
    await eventually("", () => sum() >= before + count, LIFE_MS).catch(() => undefined);
    await pause(random.below(25));
}

export function killGateway(kills: number, messages: number): void {
    const subjects = withGenuine("espruino-sim", "host", "espruino-sim", "lua", "espruino-sim", "host");
    test(`${kills} SIGKILLs while ${messages} messages flow in: none acknowledged and lost, none shown twice, all in order`, async (t) => {
        t.diagnostic(`TOQUE_SEED=${random.seed}`);
        const scene = await setScene(subjects);
        t.after(() => scene.close());
        const { gateway, ledger, boards } = scene;
        const flow = new Flow(scene, random, { lanes: 10, mqttEvery: 5, messages });
        for (let kill = 1; kill <= kills; kill++) {
            flow.allow((messages * kill) / kills); // so they flow in over all of its lives
            await untilItsHour(scene);
            await gateway.kill();
            await gateway.start();
            // Most boards find another address when they come back, at once; the others wait for their backoff.
            await Promise.all(boards.filter(() => random.percent(75)).map((board) => board.move()));
        }
        await flow.ended();
        await Promise.all(boards.map((board) => board.move()));
        const faults = await settle(scene);
        const reconnects = boards.reduce((sum, board) => sum + board.times, 0);
        t.diagnostic(`${ledger.total} acknowledged, ${reconnects} connections of ${boards.length} boards`);
        assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
        assert.equal(ledger.total, messages);
        assert.ok(reconnects > kills, `boards were connected in most of the gateway's lives: ${reconnects}`);
    });
}
