import assert from "node:assert/strict";
import { copyFileSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Board, closeBoards, startBoard } from "./boards.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { genuine } from "./genuine.ts";
import { decodeText } from "../../emulator/screen.ts";

// A backup is put back as the README says: what is accepted afterwards is shown, though its sequences were used before, and what was
// shown before is not shown again.

const GENUINE = genuine();

for (const how of ["kept running", "rebooted"] as const) {
    test(
        `a store put back from a copy, boards ${how}: all that is accepted later is shown, nothing twice`,
        { timeout: 110_000 },
        async () => {
            const gateway = await GatewayProcess.start();
            const boards: Board[] = [];
            const accepted: string[] = [];
            const sendAndSee = async (what: string) => {
                for (const board of boards) {
                    for (let index = 0; index < 5; index++) {
                        const body = `${what} ${index}`;
                        const sent = await gateway.ask("POST", "/v1/messages", { to: board.number, body });
                        assert.equal(sent.status, 202, JSON.stringify(sent.body));
                    }
                }
                for (let index = 0; index < 5; index++) accepted.push(`${what} ${index}`);
                for (const board of boards) {
                    await board.device.until(({ shown }) => shown.length >= accepted.length, 30_000);
                }
                for (const { number } of boards) {
                    await eventually(`nothing waits for ${number}`, async () => (await gateway.waiting(number)) === 0);
                }
            };
            try {
                boards.push(await startBoard(gateway, "espruino-sim", 0), await startBoard(gateway, "lua", 1));
                for (const [index, { runtime, options }] of GENUINE.entries())
                    boards.push(await startBoard(gateway, runtime, 2 + index, options));
                await sendAndSee("before the copy");
                await gateway.stop();
                const store = join(gateway.data, "toque.db");
                const copy = join(gateway.data, "copy.db");
                copyFileSync(store, copy);
                await gateway.start();
                await Promise.all(boards.map((board) => board.comeBack()));
                await sendAndSee("after the copy");
                await gateway.stop();
                copyFileSync(copy, store);
                for (const end of ["-wal", "-shm"]) {
                    if (existsSync(store + end)) renameSync(store + end, `${store}${end}.away`);
                }
                await gateway.start();
                if (how === "rebooted") await Promise.all(boards.map(({ device }) => device.reboot()));
                else await Promise.all(boards.map((board) => board.comeBack()));
                await sendAndSee("after the restore");
                await Promise.all(boards.map((board) => board.comeBack()));
                await sendAndSee("at the end");
                for (const { device } of boards) {
                    assert.deepEqual(
                        device.shown.map(({ body }) => decodeText(body)),
                        accepted,
                        device.runtime,
                    );
                }
            } finally {
                await closeBoards(boards);
                await gateway.close();
            }
        },
    );
}
