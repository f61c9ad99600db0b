import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eventually, pause } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { PublisherConnection } from "./publishers.ts";
import { RawDevice } from "./raw-device.ts";

// 150 of 500 connected devices stop reading. The others are served as before, and the gateway's memory stays bounded: by the window, not by
// what waits for those who do not read.

const DEVICES = 500;
const FROZEN = 150;
const WINDOW = 16;
const LANES = 20;
/** Rounds with everybody reading, and as many with the frozen ones, in turn: so that a machine that slows down slows both. */
const ROUNDS = 3;
/** What comes for each of the frozen ones: 150 × 80 × 4,000 octets are 48 MB. */
const FLOOD = 80;
const FLOOD_BODY = "x".repeat(3_900);
/** Of that 150 × 16 × 4,000 octets, 10 MB, may be inflight, and as much again read ahead. The rest is what V8 has not collected yet. */
const MAX_GROWTH_OCTETS = 150e6;
/** p99 may be so much longer whatever it is without the frozen ones: what a shared machine does to 1 in 100. */
const NOISE_MS = 150;

let gateway: GatewayProcess | undefined;
const devices: RawDevice[] = [];

after(async () => {
    await Promise.all(devices.map((device) => device.close()));
    await gateway?.close();
});

/** Does something for each item, so many at a time. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T, index: number) => Promise<void>) {
    let next = 0;
    const lane = async () => {
        while (next < items.length) {
            const index = next++;
            await work(items[index]!, index);
        }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
}

async function memoryOctets(running: GatewayProcess): Promise<number> {
    return (await running.ask<{ memoryOctets: number }>("GET", "/v1/status")).body.memoryOctets;
}

/** A device, its number, and whether it stops reading. */
interface Place {
    number: string;
    device: RawDevice;
    freezes: boolean;
}

/** One message to each over HTTP. @returns for each that does not freeze, how long it took from the request to the push */
async function serve(running: GatewayProcess, places: readonly Place[], body: string): Promise<number[]> {
    const times: number[] = [];
    await inLanes(places, LANES, async ({ number, device, freezes }) => {
        const startMs = performance.now();
        const arrived = new Promise<void>((resolve) => {
            device.onPush = (push) => {
                if (push.body === body) resolve();
            };
        });
        const { status } = await running.ask("POST", "/v1/messages", { to: number, body });
        assert.equal(status, 202);
        if (freezes) return;
        await arrived;
        times.push(performance.now() - startMs);
    });
    return times;
}

function p99(times: number[]): number {
    return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
}

/** Fills the backlogs of those who do not read. @returns the most memory the gateway had meanwhile */
async function flood(running: GatewayProcess, places: readonly Place[]): Promise<number> {
    const publisher = new PublisherConnection(running.mqtt.target!, running.token);
    assert.ok(await publisher.connected);
    let largest = 0;
    let flooding = true;
    const watching = (async () => {
        while (flooding) {
            largest = Math.max(largest, await memoryOctets(running));
            await pause(200);
        }
    })();
    try {
        await inLanes(places, LANES, async ({ number }) => {
            for (let count = 0; count < FLOOD; count++) {
                assert.ok(await publisher.publish(number, `${count} ${FLOOD_BODY}`));
            }
        });
    } finally {
        flooding = false;
        await watching;
        publisher.close();
    }
    return largest;
}

test(`${FROZEN} of ${DEVICES} devices stop reading: the others' p99 is within twice what it was, memory is bounded`, async (t) => {
    const running = (gateway = await GatewayProcess.start());
    const places: Place[] = [];
    await inLanes(Array.from({ length: DEVICES }), LANES, async (_, index) => {
        const enrolled = await running.register(`+34600${String(300_000 + index)}`);
        const device = await RawDevice.connect(running.mqtt.target!, enrolled, WINDOW);
        devices.push(device);
        places[index] = { number: enrolled.number, device, freezes: index < FROZEN };
    });
    const frozen = places.filter(({ freezes }) => freezes);
    const others = places.filter(({ freezes }) => !freezes);
    await serve(running, places, "warm");

    const apart: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
        apart.push(...(await serve(running, places, `all read, ${round}`)));
        for (const { device } of frozen) device.freeze();
        beside.push(...(await serve(running, places, `some frozen, ${round}`)));
        for (const { device } of frozen) device.thaw();
        await eventually("the frozen ones have caught up", () =>
            frozen.every(({ device }) => device.pushes.some(({ body }) => body === `some frozen, ${round}`)),
        );
    }
    const [alone, with150] = [p99(apart), p99(beside)];
    t.diagnostic(`p99 ${Math.round(alone)} ms when all read, ${Math.round(with150)} ms beside ${FROZEN} frozen`);
    assert.equal(beside.length, ROUNDS * (DEVICES - FROZEN));
    assert.ok(with150 <= 2 * alone + NOISE_MS, `p99 ${with150} ms, and ${alone} ms when all read`);

    const beforeOctets = await memoryOctets(running);
    for (const { device } of frozen) {
        device.freeze();
        device.acknowledges = false;
    }
    const known = frozen.map(({ device }) => device.pushes.length);
    const growth = (await flood(running, frozen)) - beforeOctets;
    t.diagnostic(`memory grew by ${Math.round(growth / 1e6)} MB while ${FROZEN * FLOOD} messages came for the frozen`);
    assert.ok(growth < MAX_GROWTH_OCTETS, `memory grew by ${growth} octets`);
    assert.equal((await serve(running, others, "after the flood")).length, others.length);

    for (const { device } of frozen) device.thaw();
    await eventually("what was inflight arrives", () =>
        frozen.every(({ device }, index) => device.closed || device.pushes.length > known[index]!),
    );
    await pause(200);
    const inflight = frozen.map(({ device }, index) => device.pushes.length - known[index]!);
    assert.ok(Math.max(...inflight) <= WINDOW, `${Math.max(...inflight)} pushes were written without a PUBACK`);
});
