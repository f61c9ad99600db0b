import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runGateway } from "../support/gateway.ts";
import type { RunningGateway } from "../support/gateway.ts";
import type { DeviceOptions, EmulatedDevice, Runtime } from "../../emulator/device.ts";
import { decodeText } from "../../emulator/screen.ts";
import { startDevice } from "../../emulator/start.ts";

const BUNDLE = fileURLToPath(new URL("../../dist/espruino/toque.js", import.meta.url));
const NOT_BUILT = existsSync(BUNDLE) ? false : "not built: npm run build";
const NO_ESPRUINO = process.env.ESPRUINO ? NOT_BUILT : "ESPRUINO is not set: genuine Espruino interpreter";

/** Longer than a board looks at its address by itself. */
const WATCH_MS = 15_000;
const EVERY_KIND = 'Café €5 😀 \u0001 "quoted" \\ / end';

const RUNTIMES: [runtime: Runtime, skip: string | false][] = [
    ["host", false],
    ["espruino-sim", NOT_BUILT],
    ["espruino", NO_ESPRUINO],
];

interface NumberView {
    online: boolean;
    backlog: { messages: number };
    endpoint?: { address: string; deviceAddress?: string; why: string };
}

let gateway: RunningGateway;
let lastNumber = 600_111_000;
/** Of the test that runs: ended with it, however it ends. */
const running: EmulatedDevice[] = [];

before(async () => {
    gateway = await runGateway();
});
afterEach(async () => {
    await Promise.all(running.splice(0).map((device) => device.close()));
});
after(() => gateway.stop());

async function start(options: DeviceOptions): Promise<EmulatedDevice> {
    const device = await startDevice(options);
    running.push(device);
    return device;
}

/** A registered number with its device, online. */
async function startOnline(
    options: Partial<DeviceOptions> & { runtime: Runtime },
): Promise<{ device: EmulatedDevice; number: string; options: DeviceOptions }> {
    const { number, route, secret } = await gateway.register(`+34${++lastNumber}`);
    const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
    const whole = { gateway: at, number, route, secret, ...options };
    const device = await start(whole);
    await device.until(isOnline);
    return { device, number, options: whole };
}

async function send(number: string, body: string): Promise<void> {
    const { status } = await gateway.ask("POST", "/v1/messages", { body: { to: number, body } });
    assert.equal(status, 202);
}

async function view(number: string): Promise<NumberView> {
    return (await gateway.ask<NumberView>("GET", `/v1/numbers/${encodeURIComponent(number)}`)).body;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** The backlog is empty: all was acknowledged. */
async function delivered(number: string): Promise<void> {
    while ((await view(number)).backlog.messages > 0) await pause();
}

const isOnline = (device: EmulatedDevice): boolean => device.states.at(-1)?.state === "online";
const bodies = (device: EmulatedDevice): string[] => device.shown.map(({ body }) => decodeText(body));

for (const [runtime, skip] of RUNTIMES) {
    describe(`emulated device: ${runtime}`, { skip }, () => {
        test("a push of every kind of text arrives, octet for octet", async () => {
            const { device, number } = await startOnline({ runtime });
            await send(number, EVERY_KIND);
            await device.until(({ shown }) => shown.length === 1);
            assert.deepEqual(bodies(device), [EVERY_KIND]);
        });

        test("the gateway sees the board's address change, and pushes arrive there, once", async () => {
            const { device, number } = await startOnline({ runtime, address: "127.0.0.31" });
            while ((await view(number)).endpoint === undefined) await pause(); // online is SUBACK; the endpoint is stored after it
            assert.equal((await view(number)).endpoint?.address, "127.0.0.31");
            await device.setAddress("127.0.0.32");
            await send(number, "after");
            await device.until(({ shown }) => shown.length === 1);
            const { endpoint } = await view(number);
            assert.equal(endpoint?.address, "127.0.0.32");
            assert.equal(endpoint?.deviceAddress, "127.0.0.32");
            assert.equal(endpoint?.why, "address");
            await send(number, "later");
            await device.until(({ shown }) => shown.length === 2);
            assert.deepEqual(bodies(device), ["after", "later"]);
        });

        test("the link goes and comes back: what was sent meanwhile is shown then", async () => {
            const { device, number } = await startOnline({ runtime });
            await device.linkDown();
            await device.until(({ states }) => states.at(-1)?.state === "offline");
            await send(number, "while away");
            await device.linkUp();
            await device.until(({ shown }) => shown.length === 1);
            assert.deepEqual(bodies(device), ["while away"]);
        });

        test("a board that starts without Wi-Fi dials when there is one", async () => {
            const { number, route, secret } = await gateway.register(`+34${++lastNumber}`);
            const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
            const device = await start({ runtime, gateway: at, number, route, secret, startsDown: true });
            assert.equal(device.address, undefined);
            await device.linkUp("127.0.0.33");
            await device.until(isOnline);
            assert.equal(device.address, "127.0.0.33");
        });

        test("a gateway by name: its name server may fail first", async () => {
            const at = { host: "gateway.test", port: gateway.gateway.mqttPort };
            const { number, route, secret } = await gateway.register(`+34${++lastNumber}`);
            const names = { "gateway.test": "fails" };
            const device = await start({ runtime, gateway: at, number, route, secret, names });
            await device.until(({ states }) =>
                states.some(({ state, why }) => state === "waiting" && why !== undefined),
            );
            await device.setNames({ "gateway.test": "127.0.0.1" });
            await device.until(isOnline, WATCH_MS);
        });

        test("a handler that throws once is called again, and the push counts once", async () => {
            const { device, number } = await startOnline({ runtime });
            await device.failHandler(1);
            await send(number, "again");
            await device.until(({ shown }) => shown.length === 2);
            await send(number, "next");
            await device.until(({ shown }) => shown.length === 3);
            assert.deepEqual(bodies(device), ["again", "again", "next"]);
        });

        test("the application says that it was read, and writes to another number", async () => {
            const one = await startOnline({ runtime });
            const other = await startOnline({ runtime: "host" });
            await send(one.number, "read me");
            await one.device.until(({ shown }) => shown.length === 1);
            assert.equal(await one.device.say({ say: "read", sequence: 1 }), true);
            const body = Buffer.from("¿qué?", "utf8").toString("latin1");
            assert.equal(await one.device.say({ say: "msg", to: other.number, body, title: "t" }), true);
            await other.device.until(({ shown }) => shown.length === 1);
            assert.deepEqual(bodies(other.device), ["¿qué?"]);
            assert.equal(other.device.shown[0]!.from, one.number);
        });

        test("power cut and power again: online again, and nothing is shown twice", async () => {
            const { device, number } = await startOnline({ runtime });
            await send(number, "before");
            await device.until(({ shown }) => shown.length === 1);
            await delivered(number); // a power cut before its PUBACK would have it come again
            await device.kill();
            await send(number, "without power");
            await device.reboot();
            await device.until(({ shown }) => shown.length === 2);
            assert.deepEqual(bodies(device), ["before", "without power"]);
        });

        test("the flash outlives the device: another one starts with its credentials", async () => {
            const flashDir = mkdtempSync(join(tmpdir(), "toque-flash-"));
            const { device, options } = await startOnline({ runtime, flashDir });
            await device.close();
            const next = await start({ ...options, route: undefined, secret: undefined });
            await next.until(isOnline);
            await next.close();
            assert.ok(existsSync(flashDir), "close removes only what it made");
            rmSync(flashDir, { recursive: true });
        });

        test("until says what did not come, and shows the screen", async () => {
            const { device } = await startOnline({ runtime });
            await assert.rejects(
                device.until(({ shown }) => shown.length === 99, 10),
                /did not come to .*99 within 10 ms \(0 shown\)\. Its screen:\n {2}toque: /s,
            );
        });

        test("it tells its memory", async () => {
            const { device } = await startOnline({ runtime });
            const { used, unit } = await device.memory();
            assert.ok(used > 0);
            assert.equal(unit, runtime === "espruino" ? "JsVars" : "octets");
        });
    });
}

for (const [runtime, skip] of RUNTIMES.slice(1)) {
    test(
        `${runtime}: an address that changes without any event is found by the board's own watch`,
        { skip },
        async () => {
            const { device, number } = await startOnline({ runtime, address: "127.0.0.41" });
            await device.setAddress("127.0.0.42", "silent");
            await send(number, "found");
            await device.until(({ shown }) => shown.length === 1, WATCH_MS);
            assert.equal((await view(number)).endpoint?.address, "127.0.0.42");
            await device.close();
        },
    );
}

test("espruino: without an interpreter the error names the variable to set", async () => {
    const named = process.env.ESPRUINO;
    delete process.env.ESPRUINO;
    const options = { runtime: "espruino", gateway: { host: "127.0.0.1", port: 1 } } as const;
    await assert.rejects(startDevice(options), /ESPRUINO is not set: it names the genuine Espruino interpreter/);
    if (named !== undefined) process.env.ESPRUINO = named;
    await assert.rejects(
        startDevice({ ...options, interpreter: "nowhere/espruino" }),
        /nowhere\/espruino is not there/,
    );
});

test("espruino-sim: a program that Espruino cannot run is refused, with the place", { skip: NOT_BUILT }, async () => {
    const program = fileURLToPath(import.meta.url);
    const options = { runtime: "espruino-sim", gateway: { host: "127.0.0.1", port: 1 }, program } as const;
    await assert.rejects(startDevice(options), /Espruino cannot run this:\n\.bootcde:1:\d+: /);
});
