import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { decodeText } from "../../emulator/screen.ts";
import { eventually } from "../support/eventually.ts";
import { runToque } from "../support/toque.ts";
import { setScene } from "./boards.ts";
import { withGenuine } from "./genuine.ts";

// A backup is put back as the documentation describes it: what is accepted afterwards is shown, though its sequences were used before, and
// what was shown before is not shown again.

const SUBJECTS = withGenuine("espruino-sim", "lua");

for (const how of ["kept running", "rebooted"] as const) {
    const name = `a store put back from a copy, boards ${how}: all that is accepted later is shown, nothing twice`;
    test(name, { timeout: 110_000 }, async (t) => {
        const scene = await setScene(SUBJECTS);
        t.after(() => scene.close());
        const { gateway, boards } = scene;
        const accepted: string[] = [];
        const sendAndSee = async (what: string) => {
            const bodies = [1, 2, 3, 4, 5].map((index) => `${what} ${index}`);
            accepted.push(...bodies);
            for (const { number } of boards) for (const body of bodies) await gateway.send(number, body);
            for (const { number, device } of boards) {
                await device.until(({ shown }) => shown.length >= accepted.length, 30_000);
                await eventually(`nothing waits for ${number}`, async () => (await gateway.waiting(number)) === 0);
            }
        };
        const toque = async (...words: string[]) => {
            const { status, stderr } = await runToque([...words, "--data", gateway.data]);
            assert.deepEqual([status, stderr], [0, ""]);
        };
        const copy = join(gateway.data, "copy.db");
        await sendAndSee("before the copy");
        await toque("backup", copy);
        await sendAndSee("after the copy");
        await gateway.stop();
        await toque("restore", copy, "--replace");
        await toque("check");
        await gateway.start();
        if (how === "rebooted") await Promise.all(boards.map(({ device }) => device.reboot()));
        else await Promise.all(boards.map((board) => board.comeBack()));
        await sendAndSee("after the restore");
        await Promise.all(boards.map((board) => board.comeBack()));
        await sendAndSee("at the end");
        for (const { device } of boards) {
            const shown = device.shown.map(({ body }) => decodeText(body));
            assert.deepEqual(shown, accepted, device.runtime);
        }
    });
}
