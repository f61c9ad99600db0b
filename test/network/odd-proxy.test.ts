import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { memoryFlash } from "../../device/host/flash.ts";
import { directNetwork } from "../../device/host/network.ts";
import { startHostDevice } from "../../device/host/start.ts";
import { eventually, pause } from "../support/eventually.ts";
import { type Fault, FaultProxy } from "../support/fault-proxy.ts";
import { runGateway } from "../support/gateway.ts";

// What stands between a device and its gateway without being either: all of it is TCP that looks alive and is not.

const NUMBER = "+34600111222";
const KEEP_ALIVE_S = 15;
/** A device notices within 13.5 s: half its keepalive, the wait for PINGRESP, the first backoff. TCP alone would not notice for a quarter of an hour. */
const SHOWN_MS = 120_000;

/** The fault of the first connection, and of all later ones where `always` is set. */
const ROWS: [name: string, odd: Fault, always?: "always"][] = [
    ["it accepts at once, and reaches the gateway 3 s later", { connectAfterMs: 3_000 }, "always"],
    ["it accepts, and never reaches the gateway", { connectAfterMs: Infinity }],
    ["2 s each way", { delayMs: () => 2_000 }, "always"],
    ["5 s each way at first: more than a device waits", { delayMs: () => 5_000 }],
    ["the path behind it dies, and TCP is answered", { deafAfterMs: 1_500 }],
    ["it tells the device that the gateway ended, which it did not", { deafAfterMs: 1_500, endsTowards: "client" }],
    ["it tells the gateway that the device ended, which it did not", { deafAfterMs: 1_500, endsTowards: "server" }],
];

async function play(odd: Fault, always: boolean): Promise<void> {
    const gateway = await runGateway();
    let connections = 0;
    const choose = () => (connections++ === 0 || always ? odd : {});
    const proxy = await FaultProxy.listen(gateway.gateway.mqttPort, choose);
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
    const what = () => `${shown.join()} of ${accepted.join()} shown; ${states.join(" · ")}`;
    const all = () => accepted.every((body) => shown.includes(body));
    try {
        device.linkUp("127.0.0.1");
        await send();
        await pause(2_000);
        await send();
        await eventually(what, all, SHOWN_MS);
        assert.equal(shown.length, new Set(shown).size, "shown twice");
    } finally {
        device.stop();
        await proxy.close();
        await gateway.stop();
    }
}

suite("odd proxies: what was accepted is shown, once", { concurrency: true }, () => {
    for (const [name, odd, always] of ROWS) test(`a proxy: ${name}`, () => play(odd, always !== undefined));
});
