/** device/nodemcu/clock.ts in each Lua, on a counter of 31 bits of microseconds and on one of many bits in a float. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bench } from "./bench.ts";
import { BOARDS, LUAS, putOnBench } from "./bench.ts";
import { compileForBoard } from "../../../emulator/lua/compile.ts";

const CLOCK = compileForBoard(`
    import { nowMs, wakeAfter } from "@/device/nodemcu/clock.ts";
    import { wires } from "@/device/nodemcu/wires.ts";
    declare let p: any;
    declare let woken: number;
    p = { clock: nowMs, wakeAfter: wakeAfter };
    woken = 0;
    wires.report = () => { woken++; };
`);

/** tmr.now's last value is 2^31 - 1. */
const WRAP_US = 2 ** 31;
/** One more than the largest integer of 32 bits. */
const WRAP_MS = 2 ** 31;

async function readMs(bench: Bench): Promise<number> {
    return Number(await bench.board.ask("p.clock()"));
}

for (const { interpreter, kind, skip } of BOARDS) {
    test(
        `${kind} on ${interpreter}: 36 hours of steps of 1 ms to 35 minutes, to the millisecond`,
        { skip },
        async (t) => {
            // a float of 32 bits holds 24 of them: 36 hours of microseconds come in steps of 8 ms
            const coarseMs = kind === "esp32" && interpreter === "nodemcu53" ? 8 : 0;
            const startUs = 1_234_567;
            const bench = putOnBench(t, interpreter, { "clock.lua": CLOCK }, { kind, startUs });
            await bench.board.start();
            const first = await readMs(bench);
            assert.equal(first, 1234);
            let last = first;
            let step = 0;
            while (bench.clock.nowMs() < 36 * 3600 * 1000) {
                const ms = [1, 7, 999, 10_000.25, 16_777.5, 600_000, 1_799_999.875, 2_100_000][step++ % 8] ?? 1;
                await bench.turn(ms);
                const now = await readMs(bench);
                const true_ = Math.floor(bench.clock.nowMs() + startUs / 1000);
                assert.ok(now >= last, `${now} after ${last}`);
                // one more or less after a step that does not fit in 24 bits of microseconds
                const slack = coarseMs + (interpreter === "nodemcu53" ? Math.ceil(step / 2) : 0);
                assert.ok(Math.abs(now - true_) <= slack, `${now} instead of ${true_}`);
                last = now;
            }
        },
    );

    test(
        `${kind} on ${interpreter}: 10 s at a time over the counter's wrap, no millisecond is lost`,
        { skip },
        async (t) => {
            const startUs = kind === "esp8266" ? WRAP_US - 25_000_000 : 1_000_000;
            const bench = putOnBench(t, interpreter, { "clock.lua": CLOCK }, { kind, startUs });
            await bench.board.start();
            const first = await readMs(bench);
            for (let i = 1; i <= 300; i++) {
                await bench.turn(10_000);
                const passed = (await readMs(bench)) - first;
                const coarse = kind === "esp32" && interpreter === "nodemcu53" ? 1 : 0;
                assert.ok(Math.abs(passed - i * 10_000) <= coarse, `${passed} instead of ${i * 10_000}`);
            }
        },
    );
}

for (const { interpreter, skip } of LUAS) {
    test(
        `${interpreter}: after 24.8 days milliseconds wrap where integers have 32 bits; differences hold`,
        { skip },
        async (t) => {
            const bench = putOnBench(t, interpreter, { "clock.lua": CLOCK });
            await bench.board.start();
            await readMs(bench);
            await bench.board.type("t0 = p.clock()");
            for (let days = 0; days < 26; days += 0.0208) {
                await bench.turn(0.0208 * 86_400_000);
                await bench.board.type("t1 = t0  t0 = p.clock()");
                const passed = Number(await bench.board.ask("t0 - t1"));
                assert.ok(Math.abs(passed - 0.0208 * 86_400_000) <= 1, `${passed} ms`);
            }
            const total = await readMs(bench);
            if (interpreter === "fengari" || interpreter === "nodemcu53") assert.ok(total < 0);
            else assert.ok(total > WRAP_MS);
            assert.notEqual(await bench.board.ask(`math.type and math.type(t0)`), "float");
        },
    );
}

for (const { interpreter, kind, skip } of BOARDS) {
    test(`${kind} on ${interpreter}: one timer; the last request counts`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, { "clock.lua": CLOCK }, { kind });
        const woken = (): Promise<string> => bench.board.ask("woken");
        await bench.board.start();
        await bench.board.type("p.wakeAfter(500) p.wakeAfter(1000)");
        await bench.turn(999);
        assert.equal(await woken(), "0");
        await bench.turn(1);
        assert.equal(await woken(), "1");
        await bench.board.type("p.wakeAfter(0)"); // an ESP32 would stop at less than a tick
        await bench.turn(10);
        assert.equal(await woken(), "2");
        assert.deepEqual(bench.gone, []);
    });
}
