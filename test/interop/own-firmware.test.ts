import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startDevice } from "../../emulator/start.ts";
import { runToque, serveToque } from "../support/toque.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "toque-own-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** What a person would flash: it prints each message, reports it as read, and answers a question. */
const OWN = {
    "espruino-sim": `var count = 0;
toque.on("message", function (message) {
    count++;
    print("mine " + count + ": " + message.body);
    toque.read(message.sequence);
    if (message.body === "ping") toque.send({ to: "+34600111222", body: "pong" });
});`,
    lua: `local toque, count = require("toque"), 0
toque.on("message", function(message)
    count = count + 1
    print("mine " .. count .. ": " .. message.body)
    toque.read(message.sequence)
    if message.body == "ping" then toque.send({ to = "+34600111222", body = "pong" }) end
end)`,
};

for (const runtime of ["espruino-sim", "lua"] as const) {
    test(`one's own application on the built bundle, ${runtime}: what CI of a person would ask`, async () => {
        const data = join(FOLDER, runtime);
        const app = join(FOLDER, runtime === "lua" ? "app.lua" : "app.js");
        writeFileSync(app, OWN[runtime]);
        const gateway = await serveToque([], data);
        try {
            const toque = async (...words: string[]) => {
                const { status, stdout, stderr } = await runToque([...words, "--data", data, "--json"]);
                assert.equal(status, 0, stderr);
                return JSON.parse(stdout) as Record<string, string>;
            };
            const { route, secret } = await toque("number", "add", "+34600111222");
            const { mqttPort } = gateway;
            const board = await startDevice({
                runtime,
                app,
                route,
                secret,
                gateway: { host: "127.0.0.1", port: mqttPort },
            });
            try {
                await board.until(({ states }) => states.at(-1)?.state === "online", 20_000);
                await toque("send", "+34600111222", "ping", "--wait", "20s");
                await board.until(({ screen }) => screen.includes("mine 2: pong"), 20_000);
                assert.deepEqual(
                    board.screen.filter((line) => line.startsWith("mine")),
                    ["mine 1: ping", "mine 2: pong"],
                );
                assert.deepEqual(
                    board.shown.map(({ body, from }) => [body, from]),
                    [
                        ["ping", undefined],
                        ["pong", "+34600111222"],
                    ],
                );
            } finally {
                await board.close();
            }
        } finally {
            await gateway.stop();
        }
    });
}
