import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../support/eventually.ts";
import { type Heard, LabDevice, LabGateway, LabPublisher, whyNoLab } from "./lab.ts";
import { RoutedLab } from "./routed-lab.ts";

// A device behind a router that translates addresses: what a home's router does wrong, and tells nobody.

const NUMBER = "+34600111222";
const KEEP_ALIVE_S = 15;
/** Half a keepalive of silence, the wait for PINGRESP, and the first backoff; then a machine that is busy. */
const BACK_MS = (KEEP_ALIVE_S / 2 + 5 + 1) * 1_000 + 10_000;
const LONG = process.env.TOQUE_LONG === "1";
const ROUNDS = LONG ? 10 : 1;

const isOnline = ({ state }: Heard): boolean => state === "online";

interface Scene {
    lab: RoutedLab;
    gateway: LabGateway;
    device: LabDevice;
    /** the address and port that the gateway sees */
    endpoint(this: void): { address: string; port: number };
}

async function play(keepAliveS: number, act: (scene: Scene) => Promise<void>): Promise<void> {
    const lab = new RoutedLab();
    try {
        const gateway = await LabGateway.start(lab);
        const registration = gateway.ask<{ route: string; secret: string }>("POST", "/v1/numbers", { number: NUMBER });
        const device = new LabDevice(lab, gateway, registration, keepAliveS);
        await device.until(isOnline, 0);
        const endpoint = () =>
            gateway.ask<{ endpoint: { address: string; port: number } }>("GET", `/v1/numbers/${NUMBER}`).endpoint;
        await act({ lab, gateway, device, endpoint });
    } finally {
        await lab.close();
    }
}

/** All that was accepted is shown, once. */
async function check(device: LabDevice, accepted: string[]): Promise<void> {
    const last = accepted.at(-1);
    await device.until(({ body }) => body === last, 0);
    const shown = new Set(device.shown);
    const lost = accepted.filter((body) => !shown.has(body)).length;
    assert.deepEqual({ lost, twice: device.shown.length - shown.size }, { lost: 0, twice: 0 });
}

test("NAT: a connection that the router forgets, or whose outside address changes", { skip: whyNoLab() }, async (t) => {
    await play(KEEP_ALIVE_S, async ({ lab, gateway, device, endpoint }) => {
        const publisher = new LabPublisher(lab, gateway.url, gateway.token, NUMBER, 700);
        const changes: [name: string, change: () => void][] = [
            ["the mapping is forgotten", () => lab.forget(endpoint().port)],
            ["the outside address changes", () => lab.moveOutside("10.77.0.3")],
            ["it changes back", () => lab.moveOutside("10.77.0.2")],
        ];
        if (!LONG) changes.pop();
        for (let round = 0; round < ROUNDS; round++) {
            for (const [name, change] of changes) {
                const since = device.heard.length;
                change();
                const fromMs = performance.now();
                const { atMs } = await device.until((heard) => isOnline(heard) && heard.atMs > fromMs, since);
                t.diagnostic(`${name}: back after ${Math.round(atMs - fromMs)} ms`);
                // another failure soon after one doubles the backoff: it is the first that counts
                if (round === 0) assert.ok(atMs - fromMs <= BACK_MS, `${name}: ${atMs - fromMs} ms`);
                await pause(1_500);
            }
        }
        assert.equal(endpoint().address, LONG ? "10.77.0.2" : "10.77.0.3");
        await publisher.stop();
        assert.ok(publisher.accepted.length > 5);
        await check(device, publisher.accepted);
    });
});

for (const probing of [true, false]) {
    const name = probing ? "with tcp_mtu_probing the largest body arrives" : "when it ends, all arrives";
    const skip = probing || LONG ? whyNoLab() : "TOQUE_LONG=1 is not set: it takes half a minute";
    test(`a black hole of path MTU, 1,280 octets: ${name}`, { skip }, async (t) => {
        await play(60, async ({ lab, gateway, device }) => {
            if (probing) lab.run(lab.gatewaySpace, "sysctl", ["-qw", "net.ipv4.tcp_mtu_probing=1"]);
            lab.narrowTo(1_280);
            const fromMs = performance.now();
            const bodies = [
                `small ${fromMs}`,
                `${"x".repeat(3_500)} large`,
                ...Array.from("abcdefgh", (c) => c.repeat(400)),
            ];
            for (const body of bodies) gateway.ask("POST", "/v1/messages", { to: NUMBER, body });
            if (!probing) {
                // the gateway gives the connection up, and the device is back; what fits is not stuck, what does not waits
                await device.until(({ state }) => state === "waiting", 0, 45_000);
                assert.deepEqual(device.shown, bodies.slice(0, 1));
                lab.narrowTo(0);
            }
            await check(device, bodies);
            t.diagnostic(`all shown after ${Math.round(performance.now() - fromMs)} ms`);
        });
    });
}
