import assert from "node:assert/strict";
import { test } from "node:test";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";
import { runGateway } from "../support/gateway.ts";

test(
    "two boards with one secret: after a few turns their chips are in the log, the status, and the number",
    { timeout: 120_000 },
    async (t) => {
        const gateway = await runGateway();
        t.after(() => gateway.stop());
        const { number, route, secret } = await gateway.register("+34600555100");
        for (const runtime of ["espruino-sim", "host"] as const) {
            const board = await startDevice({ runtime, gateway: gateway.address, number, route, secret });
            t.after(() => board.close());
        }
        let chips: string[] | undefined;
        await eventually(
            "reported",
            async () => (chips = (await gateway.view<{ twins?: string[] }>(number)).twins) !== undefined,
        );
        assert.deepEqual([chips?.length, new Set(chips).size], [2, 2]);
        await eventually("in the status", async () => {
            const { body } = await gateway.ask<{ twins: { number: string; chips: string[] }[] }>("GET", "/v1/status");
            return body.twins.some(
                (twin) => twin.number === number && chips?.every((chip) => twin.chips.includes(chip)),
            );
        });
        const lines = gateway.lines.filter((line) => line.includes("boards with one secret take turns"));
        assert.equal(lines.length, 1);
        assert.match(lines[0] ?? "", /"chips":\["[\w*]+","[\w*]+"\]/); // masked where digits look like a number's
        assert.ok(!gateway.lines.join("").includes("600555100"));
    },
);
