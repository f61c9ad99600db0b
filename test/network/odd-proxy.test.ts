import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { memoryFlash } from "../../device/host/flash.ts";
import { directNetwork } from "../../device/host/network.ts";
import { startHostDevice } from "../../device/host/start.ts";
import { eventually, pause } from "../support/eventually.ts";
import { runGateway } from "../support/gateway.ts";
import { type Oddity, oddProxy } from "./odd-proxy.ts";

// What stands between a device and its gateway without being either: all of it is TCP that looks alive and is not.

const NUMBER = "+34600111222";
const KEEP_ALIVE_S = 15;
/** A device's silence, its wait for PINGRESP and its first backoff; and a busy machine's delay. */
const NOTICED_MS = (KEEP_ALIVE_S / 2 + 5 + 1) * 1_000 + 2_500;

interface Row {
    name: string;
    /** of the first connection; later ones are plain unless `always` */
    odd: Oddity;
    always?: boolean;
    /** from the beginning until the device shows what is sent at once, and then a second */
    withinMs: number;
}

const ROWS: Row[] = [
    {
        name: "it accepts at once, and reaches the gateway 3 s later",
        odd: { connectAfterMs: 3_000 },
        always: true,
        withinMs: 6_000,
    },
    { name: "it accepts, and never reaches the gateway", odd: { connectAfterMs: Infinity }, withinMs: 14_000 },
    { name: "2 s each way", odd: { delayMs: 2_000 }, always: true, withinMs: 16_000 },
    { name: "5 s each way at first: more than a device waits", odd: { delayMs: 5_000 }, withinMs: 16_000 },
    { name: "the path behind it dies, and TCP is answered", odd: { deafAfterMs: 1_500 }, withinMs: 2_000 + NOTICED_MS },
    {
        name: "it tells the device that the gateway ended, which it did not",
        odd: { endsAfterMs: 1_500, endsTowards: "device" },
        withinMs: 6_000,
    },
    {
        name: "it tells the gateway that the device ended, which it did not",
        odd: { endsAfterMs: 1_500, endsTowards: "gateway" },
        withinMs: 2_000 + NOTICED_MS,
    },
];

async function play(t: TestContext, { odd, always, withinMs }: Row): Promise<void> {
    const gateway = await runGateway();
    const proxy = await oddProxy(gateway.gateway.mqttPort, (n) => (n === 0 || always === true ? odd : {}));
    const { route, secret } = await gateway.register(NUMBER);
    const flash = memoryFlash();
    flash.save("config", JSON.stringify({ host: "127.0.0.1", port: proxy.port, keepAliveS: KEEP_ALIVE_S }));
    flash.save("credentials", JSON.stringify({ route, secret }));
    const shown: string[] = [];
    const states: string[] = [];
    const device = startHostDevice({
        flash,
        network: directNetwork(),
        chip: "odd",
        handle: ({ body }) => void shown.push(body),
        show: (state, text) => void states.push(text === undefined ? state : `${state}: ${text}`),
        random: () => 0,
    });
    const accepted: string[] = [];
    const send = async () => {
        const body = `m${accepted.length}`;
        const { status } = await gateway.ask("POST", "/v1/messages", { body: { to: NUMBER, body } });
        assert.equal(status, 202);
        accepted.push(body);
    };
    const fromMs = performance.now();
    const what = () => `${shown.join()} of ${accepted.join()} shown; ${states.join(" · ")}`;
    const all = () => accepted.every((body) => shown.includes(body));
    try {
        device.linkUp("127.0.0.1");
        await send();
        await pause(2_000);
        await send();
        await eventually(what, all, withinMs - (performance.now() - fromMs));
        t.diagnostic(`${Math.round(performance.now() - fromMs)} ms, ${proxy.connections()} connections`);
        assert.equal(shown.length, new Set(shown).size, "shown twice");
    } finally {
        device.stop();
        proxy.close();
        await gateway.stop();
    }
}

suite("odd proxies: what was accepted is shown once, in the keepalive's time", { concurrency: true }, () => {
    for (const row of ROWS) test(`a proxy: ${row.name}`, (t) => play(t, row));
});
