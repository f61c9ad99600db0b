import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runGateway } from "../../support/gateway.ts";
import { startDevice } from "../../../emulator/start.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";

/** Lets Storage put its files together while a push is with it: the program itself moves. */
const APP = `toque.on("message", function (message) {
    if (message.body !== "compact") return;
    require("Storage").erase("before");
    require("Storage").compact();
});`;

/** Leaves an erased file in front of the program, no room behind it, and has something saved. */
const FILLER = `toque.on("message", function (message) {
    if (message.body !== "fill") return;
    var storage = require("Storage");
    storage.erase("before");
    for (var free; (free = storage.getFree()) > 300; )
        storage.write("filler" + free, "y".repeat(Math.min(500, free - 200)));
    toque.save("extra", "x".repeat(200));
});`;

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
                const place = (): number =>
                    readFileSync(join(flashDir, "espruino.flash")).indexOf("toque: flash this as .boot0");
                await device.until(({ states }) => states.at(-1)?.state === "online", 20_000);
                const before = place();
                // where flash is mapped, as on the chips, the firmware goes on in what was moved away, up to an error: found as an interruption
                for (const body of ["one", "compact", "two"]) {
                    await gateway.ask("POST", "/v1/messages", { body: { to: number, body } });
                    await device.until(({ shown }) => shown.at(-1)?.body === body, 60_000);
                }
                assert.ok(place() < before, `the program moved from ${before} to ${place()}`);
                await device.setAddress("127.0.0.22");
                await gateway.ask("POST", "/v1/messages", { body: { to: number, body: "three" } });
                await device.until(({ shown }) => shown.at(-1)?.body === "three", 60_000);
                const bodies = device.shown.map((push) => push.body);
                assert.deepEqual([...new Set(bodies)], ["one", "compact", "two", "three"]);
                const twice = bodies.filter((body, index) => bodies.indexOf(body) !== index);
                assert.ok(twice.length === 0 || twice.join() === "compact", `shown again: ${twice.join()}`);
            } finally {
                await device.close();
            }
        } finally {
            await gateway.stop();
            rmSync(flashDir, { recursive: true, force: true });
        }
    });

    test(
        `flash on ${variable}: where only compacting makes room, the board does that, writes, and starts anew`,
        { skip },
        async () => {
            const flashDir = mkdtempSync(join(tmpdir(), "toque-compaction-"));
            const app = join(flashDir, "app.js");
            writeFileSync(app, FILLER);
            writeStorage(interpreter, flashDir, new Map([["before", "z".repeat(6000)]]));
            const gateway = await runGateway();
            try {
                const { route, secret, number } = await gateway.register("+34600111222");
                const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
                const options = {
                    runtime: "espruino",
                    interpreter,
                    gateway: at,
                    route,
                    secret,
                    flashDir,
                    app,
                } as const;
                const device = await startDevice(options);
                try {
                    let gone = false;
                    device.on("gone", () => (gone = true)); // the interpreter for this machine ends where a chip restarts
                    await device.until(({ states }) => states.at(-1)?.state === "online", 20_000);
                    await gateway.ask("POST", "/v1/messages", { body: { to: number, body: "fill" } });
                    await device.until(() => gone, 60_000);
                    const flash = readFileSync(join(flashDir, "espruino.flash"), "latin1");
                    assert.ok(flash.includes("x".repeat(200)), "what was to be saved is there");
                    assert.ok(!flash.includes("z".repeat(200)), "what was erased is not");
                    await device.reboot();
                    await gateway.ask("POST", "/v1/messages", { body: { to: number, body: "after" } });
                    await device.until(({ shown }) => shown.at(-1)?.body === "after", 60_000);
                    assert.deepEqual(
                        device.shown.map(({ body }) => body),
                        ["fill", "fill", "after"],
                        "the push that it was busy with is shown again: its PUBACK had not been written",
                    );
                } finally {
                    await device.close();
                }
            } finally {
                await gateway.stop();
                rmSync(flashDir, { recursive: true, force: true });
            }
        },
    );
}
