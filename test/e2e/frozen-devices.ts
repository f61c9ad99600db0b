import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, pause } from "../support/eventually.ts";
import { forEachInLanes } from "../support/lanes.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { PublisherConnection } from "./publishers.ts";
import { RawDevice } from "./raw-device.ts";

// Some of the connected devices stop reading. The others are served as before, and the gateway's memory stays bounded: by the window, not
// by what waits for those who do not read.

const WINDOW = 16;
const LANES = 20;
const ROUNDS = 3;
/** Messages of 4,000 octets for each of the frozen ones. */
const FLOOD = 80;
const FLOOD_BODY = "x".repeat(3_900);
/** A device that waits behind a frozen one would wait until the gateway gives that up: 20 s. A busy machine is not so slow. */
const SERVED_MS = 10_000;
/** Garbage that V8 has not collected yet. */
const GARBAGE_OCTETS = 130e6;

/** A device, its number, and whether it stops reading. */
interface Place {
    number: string;
    device: RawDevice;
    freezes: boolean;
}

async function memoryOctets(gateway: GatewayProcess): Promise<number> {
    return (await gateway.ask<{ memoryOctets: number }>("GET", "/v1/status")).body.memoryOctets;
}

/** One message to each by HTTP. Resolves when all that do not freeze have it. */
async function serve(gateway: GatewayProcess, places: readonly Place[], body: string): Promise<void> {
    await forEachInLanes(places, LANES, async ({ number, device, freezes }) => {
        await gateway.send(number, body);
        if (freezes) return;
        await eventually(`"${body}" at ${number}`, () => device.pushes.some((push) => push.body === body), SERVED_MS);
    });
}

/** Fills the backlogs of those who do not read. @returns the most memory the gateway had meanwhile */
async function flood(gateway: GatewayProcess, places: readonly Place[]): Promise<number> {
    const publisher = new PublisherConnection(gateway.mqtt.target!, gateway.token);
    assert.ok(await publisher.connected);
    let largest = 0;
    let flooding = true;
    const watching = (async () => {
        while (flooding) {
            largest = Math.max(largest, await memoryOctets(gateway));
            await pause(200);
        }
    })();
    try {
        await forEachInLanes(places, LANES, async ({ number }) => {
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

/** @param count of devices @param frozen how many of them stop reading */
export function freezeDevices(count: number, frozenCount: number): void {
    test(`${frozenCount} of ${count} devices stop reading: the others are served, memory is bounded`, async (t) => {
        const gateway = await GatewayProcess.start();
        const places: Place[] = [];
        t.after(async () => {
            await Promise.all(places.map(({ device }) => device.close()));
            await gateway.close();
        });
        await forEachInLanes(Array.from({ length: count }), LANES, async (_, index) => {
            const enrolled = await gateway.register(`+34600${String(300_000 + index)}`);
            const device = await RawDevice.connect(gateway.mqtt.target!, enrolled, WINDOW);
            places.push({ number: enrolled.number, device, freezes: index < frozenCount });
        });
        const frozen = places.filter(({ freezes }) => freezes);
        const others = places.filter(({ freezes }) => !freezes);
        await serve(gateway, others, "all read");

        for (let round = 0; round < ROUNDS; round++) {
            for (const { device } of frozen) device.freeze();
            await serve(gateway, places, `some frozen, ${round}`);
            for (const { device } of frozen) device.thaw();
            await eventually("the frozen ones have caught up", () =>
                frozen.every(({ device }) => device.pushes.some(({ body }) => body === `some frozen, ${round}`)),
            );
        }

        const beforeOctets = await memoryOctets(gateway);
        for (const { device } of frozen) {
            device.freeze();
            device.acknowledges = false;
        }
        const known = frozen.map(({ device }) => device.pushes.length);
        const growth = (await flood(gateway, frozen)) - beforeOctets;
        // What may be inflight, and as much again read ahead.
        const mostOctets = 2 * frozenCount * WINDOW * FLOOD_BODY.length + GARBAGE_OCTETS;
        t.diagnostic(`memory grew by ${Math.round(growth / 1e6)} MB: ${frozenCount * FLOOD} messages for the frozen`);
        assert.ok(growth < mostOctets, `memory grew by ${growth} octets`);
        await serve(gateway, others, "after the flood");

        for (const { device } of frozen) device.thaw();
        await eventually("what was inflight arrives", () =>
            frozen.every(({ device }, index) => device.closed || device.pushes.length > known[index]!),
        );
        await pause(200);
        const inflight = frozen.map(({ device }, index) => device.pushes.length - known[index]!);
        assert.ok(Math.max(...inflight) <= WINDOW, `${Math.max(...inflight)} pushes were written without a PUBACK`);
    });
}
