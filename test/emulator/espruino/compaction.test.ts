import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runGateway } from "../../support/gateway.ts";
import { startDevice } from "../start.ts";
import { writeStorage } from "./storage.ts";

/** Lets Storage put its files together while a push is with it: the program itself moves. */
const APP = `module.exports = function (message) {
    if (message.body !== "compact") return;
    require("Storage").erase("before");
    require("Storage").compact();
};`;

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable] ?? "";
    const skip = interpreter === "" ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`flash on ${variable}: the program goes on when Storage moves it while it runs`, { skip }, async () => {
        const flashDir = mkdtempSync(join(tmpdir(), "toque-compaction-"));
        const app = join(flashDir, "app.js");
        writeFileSync(app, APP);
        writeStorage(interpreter, flashDir, new Map([["before", "x".repeat(6000)]]));
        const gateway = await runGateway();
        try {
            const { route, secret, number } = await gateway.register("+34600111222");
            const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
            const options = { runtime: "espruino", interpreter, gateway: at, route, secret, flashDir, app } as const;
            const device = await startDevice(options);
            try {
                const place = (): number => readFileSync(join(flashDir, "espruino.flash")).indexOf("*/let $$=");
                await device.until(({ states }) => states.at(-1)?.state === "online", 20_000);
                const before = place();
                for (const [index, body] of ["one", "compact", "two"].entries()) {
                    await gateway.ask("POST", "/v1/messages", { body: { to: number, body } });
                    await device.until(({ shown }) => shown.length === index + 1, 10_000);
                }
                assert.ok(place() < before, `the program moved from ${before} to ${place()}`);
                await device.setAddress("127.0.0.22");
                await gateway.ask("POST", "/v1/messages", { body: { to: number, body: "three" } });
                await device.until(({ shown }) => shown.length === 4, 20_000);
            } finally {
                await device.close();
            }
        } finally {
            await gateway.stop();
            rmSync(flashDir, { recursive: true, force: true });
        }
    });
}
