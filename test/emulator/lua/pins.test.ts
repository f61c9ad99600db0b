/** gpio, pwm, ledc, adc and i2c as each firmware has them, seen by the hands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bench } from "./bench.ts";
import { BOARDS, putOnBench } from "./bench.ts";

/** Runs Lua at the console, and returns the lines that it prints. */
async function type(bench: Bench, lua: string): Promise<string[]> {
    const before = bench.screen.lines.length;
    await bench.board.type(lua);
    return bench.screen.lines.slice(before);
}

for (const { interpreter, kind, skip } of BOARDS) {
    const esp8266 = kind === "esp8266";
    const name = `${kind} on ${interpreter}`;
    const on = async (t: Parameters<typeof putOnBench>[0]): Promise<Bench> => {
        const bench = putOnBench(t, interpreter, {}, { kind });
        bench.screen.hands.give = (line) => bench.board.input(line);
        await bench.board.start();
        return bench;
    };

    test(
        `pins, ${name}: an output is seen, an input is read, and a wrong number is a sentence`,
        { skip },
        async (t) => {
            const bench = await on(t);
            const hands = bench.screen.hands;
            const [led, key] = esp8266 ? [4, 3] : [2, 0];
            await type(bench, `gpio.write(${led}, 1)`);
            assert.deepEqual(hands.pin("GPIO2").history, [], "it is not an output yet");
            await type(
                bench,
                esp8266 ? `gpio.mode(${led}, gpio.OUTPUT)` : `gpio.config({ gpio = ${led}, dir = gpio.OUT })`,
            );
            await bench.turn(5);
            await type(bench, `gpio.write(${led}, 0)`);
            assert.deepEqual(hands.pin(`D${led}`).history, [{ atMs: 0, level: 1 }, { atMs: 5, level: 0 }]); // prettier-ignore
            assert.deepEqual(await type(bench, `print(gpio.read(${led}), gpio.read(${key}))`), ["0\t1"]);
            await hands.press("GPIO0");
            assert.deepEqual(await type(bench, `print(gpio.read(${key}))`), ["0"]);
            const wrong = esp8266 ? /gpio does not exist/ : /invalid argument/;
            assert.match((await type(bench, "gpio.write(40, 0)"))[0]!, wrong);
            if (esp8266) assert.match((await type(bench, "gpio.write(4, 2)"))[0]!, /wrong level type/);
        },
    );

    test(`pins, ${name}: an edge calls once, with what this firmware gives; "none" ends it`, { skip }, async (t) => {
        const bench = await on(t);
        const hands = bench.screen.hands;
        await bench.turn(7);
        await type(
            bench,
            esp8266
                ? "gpio.mode(3, gpio.INT, gpio.PULLUP) gpio.trig(3, 'down', function(...) print(...) end)"
                : "gpio.config({ gpio = 0, dir = gpio.IN }) gpio.trig(0, gpio.INTR_DOWN, function(...) print(...) end)",
        );
        await hands.press("GPIO0");
        await hands.press("GPIO0");
        await hands.release("GPIO0");
        await hands.press("GPIO0");
        const call = esp8266 ? "0\t7000\t1" : "0\t0";
        assert.deepEqual(bench.screen.lines, [call, call]);
        await type(bench, esp8266 ? "gpio.trig(3, 'both')" : "gpio.trig(0, gpio.INTR_UP_DOWN)");
        await hands.release("GPIO0");
        assert.equal(bench.screen.lines[2], esp8266 ? "1\t7000\t1" : "0\t1");
        await type(bench, esp8266 ? "gpio.trig(3)" : "gpio.trig(0)");
        await hands.press("GPIO0");
        assert.equal(bench.screen.lines.length, 3);
    });

    test(`pins, ${name}: a duty is a level between 0 and 1; an analogue input has its steps`, { skip }, async (t) => {
        const bench = await on(t);
        const hands = bench.screen.hands;
        if (esp8266) {
            assert.deepEqual(await type(bench, "print(pwm.setup(5, 2000, 512))"), ["1000"], "the firmware's most");
            await type(bench, "pwm.start(5) pwm.setduty(5, 1023) pwm.stop(5)");
            assert.match((await type(bench, "pwm.start(6)"))[0]!, /Unable to start PWM output/);
        } else {
            await type(
                bench,
                `c = ledc.newChannel({ gpio = 14, bits = ledc.TIMER_10_BIT, frequency = 2000, duty = 0, mode = ledc.HIGH_SPEED,
                    timer = ledc.TIMER_0, channel = ledc.CHANNEL_0 }) c:setduty(512) c:setduty(1024) c:stop(0)`,
            );
        }
        const half = esp8266 ? 0.5005 : 0.5;
        assert.deepEqual(
            hands.pin("GPIO14").history.map(({ level }) => level),
            [0, half, 1, 0],
        );
        await hands.analog("A0", 1.65);
        const read = esp8266 ? "adc.read(0)" : "adc.read(adc.ADC1, 0)";
        assert.deepEqual(await type(bench, `print(${read})`), [esp8266 ? "512" : "2048"]);
    });

    test(
        `pins, ${name}: i2c writes to a display, reads a sensor's registers, and nobody answers elsewhere`,
        { skip },
        async (t) => {
            const bench = await on(t);
            const hands = bench.screen.hands;
            await hands.sensor({ temperature: 20, humidity: 50, pressure: 1000 });
            const [sda, scl] = esp8266 ? [2, 1] : [21, 22];
            assert.match((await type(bench, "i2c.start(0)"))[0]!, /i2c 0 is not configured/);
            await type(
                bench,
                `i2c.setup(0, ${sda}, ${scl}, i2c.SLOW)
            function at(address, direction) i2c.start(0) return i2c.address(0, address, direction) end`,
            );
            const lines = await type(
                bench,
                `print(at(118, 0), i2c.write(0, 0xD0)) print(at(118, 1), string.byte(i2c.read(0, 1))) i2c.stop(0)
            print(at(9, 0), i2c.write(0, 1, 2), string.byte(i2c.read(0, 1)))
            print(at(60, 0), i2c.write(0, 0, { 0xAF, 0xA1, 0xC8 }, "\\178")) i2c.stop(0)
            at(60, 0) i2c.write(0, 0x40, "\\1") i2c.stop(0)`,
            );
            assert.deepEqual(lines, ["true\t1", "true\t96", "false\t0\t255", "true\t5"]);
            assert.ok(hands.display().lit(0, 16));
        },
    );
}

test("pins, esp8266 on fengari: serout gives levels in turn, and calls back", async (t) => {
    const bench = putOnBench(t, "fengari", {});
    await bench.board.start();
    await type(
        bench,
        `gpio.mode(1, gpio.OUTPUT) gpio.serout(1, 1, { 20000, 10000 }, 2, function() print("done") end)
        gpio.trig(2, "up", print)`,
    );
    await bench.turn(100);
    assert.deepEqual(
        bench.screen.hands.pin("D1").history.map(({ atMs, level }) => [atMs, level]),
        [[0, 0], [0, 1], [20, 0], [30, 1], [50, 0]], // prettier-ignore
    );
    assert.deepEqual(bench.screen.lines, ["done"]);
    assert.match((await type(bench, "gpio.trig(0, 'up', print)"))[0]!, /Invalid interrupt pin/);
});
