/** The built bundle on emulated NodeMCU boards, in each Lua and with both firmwares, at a real gateway. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildNodemcu } from "../../../bundler/build.ts";
import { runGateway } from "../../support/gateway.ts";
import type { RunningGateway } from "../../support/gateway.ts";
import type { DeviceOptions, EmulatedDevice } from "../../../emulator/device.ts";
import { BOARDS, LUAS } from "./bench.ts";
import type { BoardOptions } from "../../../emulator/lua/board.ts";
import { programs, startLuaBoard } from "../../../emulator/lua/start.ts";

let gateway: RunningGateway;
let last = 34600000000;

const folder = mkdtempSync(join(tmpdir(), "toque-bundle-"));

before(async () => {
    buildNodemcu(join(folder, "toque.lua"));
    gateway = await runGateway();
});
after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await gateway.stop();
});

const isOnline = (device: EmulatedDevice): boolean => device.states.at(-1)?.state === "online";

/** Registers a number and starts its board. */
async function board(
    more: Partial<BoardOptions>,
    options: Partial<DeviceOptions> = {},
): Promise<{ device: EmulatedDevice; push: (body: string, title?: string) => Promise<void>; number: string }> {
    const { number, route, secret } = await gateway.register(`+${++last}`);
    const device = await startLuaBoard(
        {
            runtime: "lua",
            gateway: { host: "127.0.0.1", port: gateway.gateway.mqttPort },
            route,
            secret,
            address: "127.0.0.11",
            ...options,
        },
        { ...more, programs: programs(folder) },
    );
    async function push(body: string, title?: string): Promise<void> {
        const { status, text } = await gateway.ask("POST", "/v1/messages", { body: { to: number, body, title } });
        assert.equal(status, 202, text);
    }
    return { device, push, number };
}

async function backlog(number: string): Promise<number> {
    const path = `/v1/numbers/${encodeURIComponent(number)}`;
    return (await gateway.ask<{ backlog: { messages: number } }>("GET", path)).body.backlog.messages;
}

/** Octets of UTF-8, as a board has text. */
const octets = (text: string): string => Buffer.from(text).toString("latin1");

for (const { interpreter, kind, skip } of BOARDS) {
    test(
        `${kind} on ${interpreter}: a push is shown, octet for octet, and again after a new address`,
        { skip },
        async (t) => {
            const { device, push, number } = await board({ interpreter, kind });
            t.after(() => device.close());
            await push("waits", "Título");
            await device.until((d) => d.shown.length === 1);
            await push("Café €5 😀 \u0001\u007f");
            await device.until((d) => d.shown.length === 2);
            const texts = device.shown.map(({ body, title }) => [body, title]);
            assert.deepEqual(texts, [
                [octets("waits"), octets("Título")],
                [octets("Café €5 😀 \u0001\u007f"), undefined],
            ]);

            await device.setAddress("127.0.0.12");
            await push("after");
            await device.until((d) => d.shown.length === 3);
            const { body } = await gateway.ask<{ endpoint: { address: string; deviceAddress: string; why: string } }>(
                "GET",
                `/v1/numbers/${encodeURIComponent(number)}`,
            );
            assert.equal(body.endpoint.address, "127.0.0.12");
            assert.equal(body.endpoint.deviceAddress, "127.0.0.12");
            assert.equal(body.endpoint.why, "address");
        },
    );

    test(`${kind} on ${interpreter}: down and up again, a reboot, and nothing twice`, { skip }, async (t) => {
        const { device, push, number } = await board({ interpreter, kind }, { startsDown: true });
        t.after(() => device.close());
        await push("one");
        assert.equal(device.states.length, 0);
        await device.linkUp();
        await device.until((d) => d.shown.length === 1);
        await device.linkDown();
        await device.until((d) => d.states.at(-1)?.state === "offline");
        await push("two");
        await device.linkUp("127.0.0.13");
        await device.until((d) => d.shown.length === 2);
        // a power cut between a message's showing and its PUBACK shows it again, and may
        while ((await backlog(number)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        await device.reboot();
        await push("three");
        await device.until((d) => d.shown.length === 3);
        assert.deepEqual(
            device.shown.map(({ body }) => body),
            ["one", "two", "three"],
        );
    });
}

for (const { interpreter, skip } of LUAS) {
    test(
        `${interpreter}: a handler that throws is called again, and what the board says arrives`,
        { skip },
        async (t) => {
            const { device, push } = await board({ interpreter });
            const other = await board({ interpreter });
            t.after(() => Promise.all([device.close(), other.device.close()]));
            await device.until(isOnline);
            await other.device.until(isOnline);
            await device.failHandler(1);
            await push("twice");
            await device.until((d) => d.shown.length === 2);
            assert.equal(await device.say({ say: "read", sequence: 1 }), true);
            assert.equal(await device.say({ say: "msg", to: other.number, body: octets('¡"Hola"\\!\n') }), true);
            await other.device.until((d) => d.shown.length === 1);
            assert.equal(other.device.shown[0]?.body, octets('¡"Hola"\\!\n'));
        },
    );

    test(
        `${interpreter}: a silent change of address is found by looking, an aborted connection at once`,
        { skip },
        async (t) => {
            const { device, push } = await board({ interpreter });
            t.after(() => device.close());
            await device.until(isOnline);
            await device.setAddress("127.0.0.14", "silent");
            await device.until((d) => d.states.at(-1)?.state === "waiting");
            await push("found");
            await device.until((d) => d.shown.length === 1, 15_000);
        },
    );

    test(`${interpreter}: in pieces of 7 octets, everything arrives`, { skip }, async (t) => {
        const { device, push } = await board({ interpreter }, { chunkOctets: 7 });
        t.after(() => device.close());
        for (let i = 0; i < 10; i++) await push("x".repeat(i * 60) + String(i));
        await device.until((d) => d.shown.length === 10);
        assert.deepEqual(
            device.shown.map(({ body }) => body.at(-1)),
            [..."0123456789"],
        );
    });
}
