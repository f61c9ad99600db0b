import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Board, closeBoards, settle, startBoard } from "./boards.ts";
import { eventually, pause } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { genuine } from "./genuine.ts";
import { Ledger } from "./ledger.ts";
import { LONG } from "./lengths.ts";
import { MqttPublisher, publishByHttp } from "./publishers.ts";

// The gateway is killed at random moments while messages flow in and boards that run the built bundles are connected: nothing that was
// acknowledged is lost, nothing is shown twice, everything comes in order.

const KILLS = 20 * LONG;
const MESSAGES = 2_000 * LONG;
/** Publishers that go on at the same time; one in five publishes by MQTT. */
const LANES = 10;
const RUNTIMES: Runtime[] = ["espruino-sim", "host", "espruino-sim", "lua", "espruino-sim", "host"];
const GENUINE = genuine();
/** A life of the gateway in which what was waited for did not happen ends all the same. */
const LIFE_MS = 5_000;

const random = seeded(chooseSeed());
const boards: Board[] = [];
const ledger = new Ledger();
let gateway: GatewayProcess | undefined;

after(async () => {
    await closeBoards(boards);
    await gateway?.close();
});

/** Hands out messages, as many as the gateway's lives so far allow: so they flow in over all of them. */
class Flow {
    readonly #end = new AbortController();
    readonly #lanes: Promise<void>[];
    #allowed = 0;
    #taken = 0;

    constructor(to: GatewayProcess) {
        this.#lanes = Array.from({ length: LANES }, (_, lane) => this.#publish(to, lane));
    }

    allow(messages: number): void {
        this.#allowed = Math.min(MESSAGES, this.#allowed + messages);
    }

    async #publish(to: GatewayProcess, lane: number): Promise<void> {
        const mqtt = lane % 5 === 0 ? new MqttPublisher(to, ledger) : undefined;
        const { signal } = this.#end;
        while (this.#taken < MESSAGES && !signal.aborted) {
            if (this.#taken >= this.#allowed) {
                await pause(5);
                continue;
            }
            const index = this.#taken++;
            const message = { to: random.pick(boards).number, body: `${index} · ¿qué tal?` };
            if (mqtt === undefined) await publishByHttp(to, ledger, message, signal);
            else await mqtt.publish(message, signal);
        }
        mqtt?.close();
    }

    ended(): Promise<unknown> {
        return Promise.all(this.#lanes);
    }

    stop(): void {
        this.#end.abort();
    }
}

/** A random moment of the gateway's life: after so many acknowledgements, or after so many pushes, and a few milliseconds. */
async function untilItsHour(): Promise<void> {
    const count = random.below(60);
    const sum = random.percent(50)
        ? () => ledger.total
        : () => boards.reduce((all, b) => all + b.device.shown.length, 0);
    const before = sum();
    await eventually("", () => sum() >= before + count, LIFE_MS).catch(() => undefined);
    await pause(random.below(25));
}

test(`${KILLS} SIGKILLs while ${MESSAGES} messages flow in: none acknowledged and lost, none shown twice, all in order`, async (t) => {
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    gateway = await GatewayProcess.start();
    for (const [index, runtime] of RUNTIMES.entries()) boards.push(await startBoard(gateway, runtime, index));
    for (const [index, { runtime, options }] of GENUINE.entries())
        boards.push(await startBoard(gateway, runtime, RUNTIMES.length + index, options));
    const flow = new Flow(gateway);
    try {
        for (let kill = 0; kill < KILLS; kill++) {
            flow.allow(Math.ceil(MESSAGES / KILLS));
            await untilItsHour();
            await gateway.kill();
            await gateway.start();
            // Most boards find another address when they come back, at once; the others wait for their backoff.
            await Promise.all(boards.filter(() => random.percent(75)).map((board) => board.move()));
        }
        flow.allow(MESSAGES);
        await flow.ended();
        await Promise.all(boards.map((board) => board.move()));
        const faults = await settle(gateway, ledger, boards);
        const reconnects = boards.reduce((sum, board) => sum + board.times, 0);
        t.diagnostic(`${ledger.total} acknowledged, ${reconnects} connections of ${boards.length} boards`);
        assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
        assert.equal(ledger.total, MESSAGES);
        assert.ok(reconnects > KILLS, `boards were connected in most of the gateway's lives: ${reconnects}`);
    } finally {
        flow.stop();
    }
});
