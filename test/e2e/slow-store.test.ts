import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Board, closeBoards, settle, startBoard } from "./boards.ts";
import { pause } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { Ledger } from "./ledger.ts";
import { LONG } from "./lengths.ts";
import { MqttPublisher, publishByHttp } from "./publishers.ts";
import { RawDevice } from "./raw-device.ts";

// `toque serve` on a disk that is slow: each commit holds the store's thread up.

const SLOW_FLUSH = new URL("../support/slow-flush.mjs", import.meta.url).href;
const RUNTIMES: Runtime[] = ["espruino-sim", "host", "lua", "espruino-sim"];
const MESSAGES = 600 * LONG;
const LANES = 8;

const random = seeded(chooseSeed());
const boards: Board[] = [];
let gateway: GatewayProcess | undefined;

afterEach(async () => {
    await closeBoards(boards.splice(0));
    await gateway?.close();
});

async function startSlow(leastMs: number, mostMs: number): Promise<GatewayProcess> {
    gateway = await GatewayProcess.start({
        NODE_OPTIONS: `--import ${SLOW_FLUSH}`,
        SLOW_FLUSH_MIN_MS: `${leastMs}`,
        SLOW_FLUSH_MAX_MS: `${mostMs}`,
    });
    return gateway;
}

test("a store that takes 0 to 50 ms while addresses change and connections break: none lost, none shown twice", async (t) => {
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    const running = await startSlow(0, 50);
    const ledger = new Ledger();
    for (const [index, runtime] of RUNTIMES.entries()) boards.push(await startBoard(running, runtime, index));
    running.mqtt.choose = () =>
        random.percent(50) ? { cut: { direction: "down", octets: random.below(2_000), how: "rst" } } : {};
    const end = new AbortController();
    let next = 0;
    let publishing = true;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
        const mqtt = lane % 4 === 0 ? new MqttPublisher(running, ledger) : undefined;
        while (next < MESSAGES && !end.signal.aborted) {
            const message = { to: random.pick(boards).number, body: `${next++} · мир` };
            if (mqtt === undefined) await publishByHttp(running, ledger, message, end.signal);
            else await mqtt.publish(message, end.signal);
        }
        mqtt?.close();
    });
    const moving = (async () => {
        while (publishing) {
            await pause(200 + random.below(600));
            await random.pick(boards).move();
        }
    })();
    try {
        await Promise.all(lanes);
    } finally {
        end.abort();
        publishing = false;
        await moving;
    }
    running.mqtt.choose = () => ({});
    await Promise.all(boards.map((board) => board.comeBack()));
    const faults = await settle(running, ledger, boards);
    t.diagnostic(`${running.mqtt.cuts} connections cut, ${boards.map(({ times }) => times).join(", ")} made`);
    assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
    assert.equal(ledger.total, MESSAGES);
});

test("a flush of 200 ms delays nobody's ping, and no push that is stored already", async (t) => {
    const running = await startSlow(200, 200);
    const DEVICES = 10;
    const SENDERS = 5;
    const numbers = Array.from({ length: DEVICES }, (_, index) => `+34600${String(200_000 + index)}`);
    const enrolled = await Promise.all(numbers.map((number) => running.register(number)));
    const devices = await Promise.all(enrolled.map((one) => RawDevice.connect(running.mqtt.target!, one, 4)));
    const flushes: number[] = [];
    const pings: number[] = [];
    const pushes: number[] = [];
    let busy = true;
    try {
        const sending = Array.from({ length: SENDERS }, async (_, sender) => {
            for (let count = 0; busy; count++) {
                const { number } = enrolled[(sender + count) % DEVICES]!;
                const device = devices[(sender + count) % DEVICES]!;
                const body = `${sender}-${count}`;
                const startMs = performance.now();
                const { status } = await running.ask("POST", "/v1/messages", { to: number, body });
                assert.equal(status, 202);
                const storedMs = performance.now();
                flushes.push(storedMs - startMs);
                while (!device.pushes.some((push) => push.body === body)) await pause(2);
                pushes.push(device.pushes.find((push) => push.body === body)!.atMs - storedMs);
            }
        });
        for (let round = 0; round < 60; round++) {
            pings.push(...(await Promise.all(devices.map((device) => device.ping()))));
            await pause(37); // out of step with the flushes
        }
        busy = false;
        await Promise.all(sending);
    } finally {
        busy = false;
        await Promise.all(devices.map((device) => device.close()));
    }
    const shortest = Math.min(...flushes);
    const slow = pings.filter((ms) => ms > 150).length;
    t.diagnostic(
        `${flushes.length} messages, each stored in ${Math.round(shortest)} ms or more; ` +
            `pings: median ${Math.round(median(pings))} ms, ${slow} of ${pings.length} above 150 ms`,
    );
    assert.ok(shortest >= 200, `the disk is as slow as it should be: ${shortest} ms`);
    // Behind the flushes a ping would wait for 100 ms on average, one in four for more than 150.
    assert.ok(median(pings) < 50, `half of the pings took ${median(pings)} ms or more`);
    assert.ok(slow < pings.length / 20, `${slow} of ${pings.length} pings took more than 150 ms`);
    assert.ok(median(pushes) < 50, `half of the pushes came ${median(pushes)} ms after their 202, or later`);
});

function median(values: number[]): number {
    return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
