import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { runGateway } from "../support/gateway.ts";
import type { RunningGateway } from "../support/gateway.ts";
import { GENUINE_ESPRUINO, JAVASCRIPT } from "../runtimes/subjects.ts";
import type { DeviceOptions, EmulatedDevice, Runtime, StartDevice } from "../../emulator/device.ts";
import { startLuaBoard } from "../../emulator/lua/start.ts";
import { decodeText } from "../../emulator/screen.ts";
import { startDevice } from "../../emulator/start.ts";
import { BOARDS } from "./lua/bench.ts";

// Every runtime's emulated board with the built bundle, at a real gateway.

/** Longer than a board looks at its address by itself. */
const WATCH_MS = 15_000;
const EVERY_KIND = 'Café €5 😀 \u0001\u007f "quoted" \\ / end';

interface Subject {
    name: string;
    runtime: Runtime;
    skip: string | false;
    start: StartDevice;
}

const SUBJECTS: Subject[] = [
    ...[...JAVASCRIPT.slice(0, 2), GENUINE_ESPRUINO[0]!].map((subject) => ({ ...subject, start: startDevice })),
    ...BOARDS.map(({ interpreter, kind, skip }) => ({
        name: `${kind} on ${interpreter}`,
        runtime: "lua" as const,
        skip,
        start: (options: DeviceOptions) => startLuaBoard(options, { interpreter, kind }),
    })),
];

interface NumberView {
    backlog: { messages: number };
    endpoint?: { address: string; deviceAddress?: string; why: string };
}

let gateway: RunningGateway;
let lastNumber = 600_111_000;
before(async () => {
    gateway = await runGateway();
});
after(() => gateway.stop());

/** A registered number and its device. */
interface Started {
    device: EmulatedDevice;
    number: string;
    options: DeviceOptions;
}

async function start(
    t: TestContext,
    { start, runtime }: Subject,
    given: Partial<DeviceOptions> = {},
): Promise<Started> {
    const { number, route, secret } = await gateway.register(`+34${++lastNumber}`);
    const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
    const options = { runtime, gateway: at, number, route, secret, ...given };
    const device = await start(options);
    t.after(() => device.close());
    return { device, number, options };
}

async function startOnline(t: TestContext, subject: Subject, given: Partial<DeviceOptions> = {}): Promise<Started> {
    const started = await start(t, subject, given);
    await started.device.until(isOnline);
    return started;
}

async function send(number: string, body: string, title?: string): Promise<void> {
    const { status, text } = await gateway.ask("POST", "/v1/messages", { body: { to: number, body, title } });
    assert.equal(status, 202, text);
}

async function view(number: string): Promise<NumberView> {
    return (await gateway.ask<NumberView>("GET", `/v1/numbers/${encodeURIComponent(number)}`)).body;
}

/** All was acknowledged: a power cut before a PUBACK has its message shown again. */
function delivered(number: string): Promise<void> {
    return eventually("an empty backlog", async () => (await view(number)).backlog.messages === 0);
}

const isOnline = (device: EmulatedDevice): boolean => device.states.at(-1)?.state === "online";
const shows = (device: EmulatedDevice, pushes: number): Promise<void> =>
    device.until(({ shown }) => shown.length === pushes);
const bodies = (device: EmulatedDevice): string[] => device.shown.map(({ body }) => decodeText(body));

for (const subject of SUBJECTS) {
    const { runtime, name, skip } = subject;
    // Each test has a board and a number of its own, and waits more than it works. Fengari's boards stop this process, and so the gateway,
    // while they work: with more than two at once, a request is not read in time on a busy machine.
    const concurrency = name.endsWith("fengari") ? 2 : true;
    describe(`emulated device: ${name}`, { skip, concurrency }, () => {
        test("pushes arrive octet for octet, in whatever pieces", async (t) => {
            const { device, number } = await startOnline(t, subject, { chunkOctets: 7 });
            const texts = [EVERY_KIND, ...Array.from({ length: 9 }, (_, at) => "x".repeat(at * 60) + at)];
            for (const text of texts) await send(number, text, "Título");
            await shows(device, texts.length);
            assert.deepEqual(bodies(device), texts);
            assert.ok(device.shown.every(({ title = "" }) => decodeText(title) === "Título"));
        });

        test("a new address: the gateway knows it and why, and pushes arrive there, once", async (t) => {
            const { device, number } = await startOnline(t, subject, { address: "127.0.0.31" });
            await eventually("a stored endpoint", async () => (await view(number)).endpoint?.address === "127.0.0.31");
            await device.setAddress("127.0.0.32");
            await send(number, "after");
            await shows(device, 1);
            const { endpoint } = await view(number);
            const { address, deviceAddress, why } = endpoint!;
            assert.deepEqual([address, deviceAddress, why], ["127.0.0.32", "127.0.0.32", "address"]);
            await send(number, "later");
            await shows(device, 2);
            assert.deepEqual(bodies(device), ["after", "later"]);
        });

        test("without Wi-Fi nothing is dialed; with it, what was sent meanwhile is shown", async (t) => {
            const { device, number } = await start(t, subject, { startsDown: true });
            assert.equal(device.address, undefined);
            await device.linkUp("127.0.0.33");
            await device.until(isOnline);
            assert.equal(device.address, "127.0.0.33");
            await device.linkDown();
            await device.until(({ states }) => states.at(-1)?.state === "offline");
            await send(number, "while away");
            await device.linkUp("127.0.0.34");
            await shows(device, 1);
            assert.deepEqual(bodies(device), ["while away"]);
        });

        test("a gateway by name: its name server may fail first", async (t) => {
            const at = { host: "gateway.test", port: gateway.gateway.mqttPort };
            const { device } = await start(t, subject, { gateway: at, names: { "gateway.test": "fails" } });
            await device.until(({ states }) =>
                states.some(({ state, why }) => state === "waiting" && why !== undefined),
            );
            await device.setNames({ "gateway.test": "127.0.0.1" });
            await device.until(isOnline, WATCH_MS);
        });

        test("a handler that throws once is called again, and the push counts once", async (t) => {
            const { device, number } = await startOnline(t, subject);
            await device.failHandler(1);
            await send(number, "again");
            await shows(device, 2);
            await send(number, "next");
            await shows(device, 3);
            assert.deepEqual(bodies(device), ["again", "again", "next"]);
        });

        test("the application reports a push as read, and sends to another number", async (t) => {
            const one = await startOnline(t, subject);
            const other = await startOnline(t, SUBJECTS[0]!);
            await send(one.number, "read me");
            await shows(one.device, 1);
            assert.equal(await one.device.say({ say: "read", sequence: 1 }), true);
            const body = Buffer.from('¿"qué"\\?\n', "utf8").toString("latin1");
            assert.equal(await one.device.say({ say: "msg", to: other.number, body, title: "t" }), true);
            await shows(other.device, 1);
            assert.deepEqual(bodies(other.device), ['¿"qué"\\?\n']);
            assert.equal(other.device.shown[0]!.from, one.number);
        });

        test("power cuts: the flash keeps what it needs, for another board too, and nothing is shown twice", async (t) => {
            const flashDir = mkdtempSync(join(tmpdir(), "toque-flash-"));
            const { device, number, options } = await startOnline(t, subject, { flashDir });
            await send(number, "before");
            await shows(device, 1);
            await delivered(number);
            await device.kill();
            await send(number, "without power");
            await device.reboot();
            await shows(device, 2);
            assert.deepEqual(bodies(device), ["before", "without power"]);
            await device.close();
            const next = await subject.start({ ...options, route: undefined, secret: undefined });
            t.after(() => next.close());
            await next.until(isOnline);
            await next.close();
            assert.ok(existsSync(flashDir), "close removes only what it made");
            rmSync(flashDir, { recursive: true });
        });

        // Node has no watch of its own in the emulator: the machine's interface is its event.
        const noWatch = runtime === "host" && "the host has no watch";
        test(
            "an address that changes without any event is found by the board's own watch",
            { skip: noWatch },
            async (t) => {
                const { device, number } = await startOnline(t, subject, { address: "127.0.0.41" });
                await device.setAddress("127.0.0.42", "silent");
                await send(number, "found");
                await device.until(({ shown }) => shown.length === 1, WATCH_MS);
                assert.equal((await view(number)).endpoint?.address, "127.0.0.42");
            },
        );

        const noHeap = name.endsWith("fengari") && "fengari has no heap of its own";
        test("its memory, in its own unit", { skip: noHeap }, async (t) => {
            const { device } = await startOnline(t, subject);
            const { used, unit } = await device.memory();
            assert.ok(used > 0);
            assert.equal(unit, runtime === "espruino" ? "JsVars" : "octets");
        });
    });
}

test("until: the error has what did not come, and the screen", async (t) => {
    const { device } = await startOnline(t, SUBJECTS[0]!);
    await assert.rejects(
        device.until(({ shown }) => shown.length === 99, 10),
        /did not come to .*99 within 10 ms \(0 shown\)\. Its screen:\n {2}toque: /s,
    );
});

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

test("espruino-sim: a program that Espruino cannot run is refused, with the place", async () => {
    const program = fileURLToPath(import.meta.url);
    const options = { runtime: "espruino-sim", gateway: { host: "127.0.0.1", port: 1 }, program } as const;
    await assert.rejects(startDevice(options), /Espruino cannot run this:\n\.boot0:1:\d+: /);
});
