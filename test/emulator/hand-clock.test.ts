/** Boards whose clock the test turns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DeviceOptions } from "../../emulator/device.ts";
import { missing } from "../../emulator/lua/interpreters.ts";
import { startDevice } from "../../emulator/start.ts";
import { runGateway } from "../support/gateway.ts";

const NUMBER = "+34600111222";
const LED = fileURLToPath(new URL("../../device/examples/led.lua", import.meta.url));
const HOUR_MS = 3_600_000;

const RUNTIMES: (Pick<DeviceOptions, "runtime" | "interpreter"> & { led: string; skip: string | false })[] = [
    { runtime: "lua", interpreter: "5.1", led: LED, skip: missing("lua5.1") },
    { runtime: "espruino-sim", led: LED.replace(".lua", ".js"), skip: false },
];

for (const { led, skip, ...which } of RUNTIMES) {
    test(
        `hand clock, ${which.runtime}: a day on one connection, then a LED that blinks to the millisecond`,
        { skip },
        async (t) => {
            const gateway = await runGateway();
            t.after(() => gateway.stop());
            const registered = await gateway.register(NUMBER);
            const board = await startDevice({
                ...which,
                gateway: gateway.address,
                ...registered,
                app: led,
                clock: "hand",
            });
            t.after(() => board.close());
            await board.turn(10_000);
            assert.deepEqual(board.states.at(-1)?.state, "online");
            const before = board.states.length;
            await board.turn(24 * HOUR_MS);
            assert.equal(board.states.length, before, "nothing was lost");

            await gateway.send(NUMBER, "wake up", { urgency: "high", ttlS: 2 * 86_400 }); // for the board it is tomorrow
            await board.until(({ shown }) => shown.length === 1);
            const start = 24 * HOUR_MS + 10_000;
            await board.turn(450);
            const blinks = board.pin("GPIO2").history.slice(-4);
            assert.deepEqual(
                blinks.map(({ atMs, level }) => [atMs - start, level]),
                [[100, 0], [200, 1], [300, 0], [400, 1]], // prettier-ignore
            );
        },
    );
}

test("hand clock: an address that is lost waits for its time, and a board on the wall's clock cannot be turned", async (t) => {
    const gateway = await runGateway();
    t.after(() => gateway.stop());
    const registered = await gateway.register(NUMBER);
    const options = { runtime: "lua", gateway: gateway.address, ...registered } as const;
    const board = await startDevice({ ...options, clock: "hand" });
    t.after(() => board.close());
    await board.turn(10_000);
    await board.setAddress("127.0.0.9", "silent");
    await board.turn(0);
    assert.equal(board.states.at(-1)?.state, "waiting", "its connection is aborted, and the next try has its time");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(board.states.at(-1)?.state, "waiting");
    await board.turn(60_000);
    assert.equal(board.states.at(-1)?.state, "online");
    const other = await startDevice({ ...options, startsDown: true });
    t.after(() => other.close());
    await assert.rejects(other.turn(1), /start it with clock: "hand"/);
    await assert.rejects(board.turn(-1), /not by -1/);
    await assert.rejects(startDevice({ ...options, runtime: "host", clock: "hand" }), /no hand clock/);
});
