import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startDevice } from "../../emulator/start.ts";
import type { ErrorBody } from "../support/gateway-client.ts";
import { runGateway } from "../support/gateway.ts";
import { GENUINE_ESPRUINO, JAVASCRIPT } from "../runtimes/subjects.ts";

const NUMBER = "+34600111222";
const PATH = `/v1/numbers/${encodeURIComponent(NUMBER)}/secret`;

/** Boards that keep what the gateway gives them in flash. */
const SUBJECTS = [...JAVASCRIPT.filter(({ name }) => name === "espruino-sim"), ...GENUINE_ESPRUINO];

for (const { name, runtime, skip, options } of SUBJECTS) {
    test(
        `a secret rotates over the session: ${name} keeps its route, and the old secret ends when the new one was used`,
        { skip },
        async () => {
            const running = await runGateway({ logLevel: "silent" });
            const flashDir = mkdtempSync(join(tmpdir(), "toque-rotation-"));
            const { route, secret } = await running.register(NUMBER);
            const gateway = { host: "127.0.0.1", port: running.gateway.mqttPort };
            const device = await startDevice({ ...options, runtime, gateway, route, secret, flashDir });
            try {
                const online = (times: number) =>
                    device.until(
                        ({ states }) => states.filter(({ state }) => state === "online").length >= times,
                        20_000,
                    );
                await online(1);
                assert.deepEqual((await running.ask("POST", PATH, { body: {} })).body, {
                    number: NUMBER,
                    rotated: true,
                });
                await device.reboot();
                await online(2);
                await device.close();

                const old = await startDevice({ runtime: "host", gateway, route, secret });
                try {
                    await old.until(
                        ({ states }) => states.some(({ why }) => why?.includes("CONNACK") === true),
                        20_000,
                    );
                } finally {
                    await old.close();
                }
                const away = await running.ask<ErrorBody>("POST", PATH, { body: {} });
                assert.equal(away.status, 503);
                assert.match(away.body.error.message, /not online/);
            } finally {
                await device.close();
                await running.stop();
                rmSync(flashDir, { recursive: true, force: true });
            }
        },
    );
}
