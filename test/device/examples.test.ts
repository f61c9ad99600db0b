import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import type { Push } from "../../device/core/events.ts";
import { checkProgram } from "../../emulator/espruino/gate/gate.ts";
import { HandTimers } from "../support/hand-timers.ts";

const EXAMPLES = new URL("../../device/examples/", import.meta.url);

type Handler = (push: Partial<Push>) => unknown;

/** Runs an example as a board's `.bootcde`, with a board's pins and modules in the given globals. @returns its handler */
function load(name: string, hand: HandTimers, globals: Record<string, unknown>): Handler {
    let handler: Handler | undefined;
    const context = createContext({
        setInterval: (call: () => void, everyMs: number) => hand.every(everyMs, call),
        clearInterval: (clear: () => void) => clear(),
        ...globals,
        toque: { ...(globals.toque as object), on: (_: string, given: Handler) => (handler = given) },
    });
    runInContext(readFileSync(new URL(name, EXAMPLES), "latin1"), context);
    return handler!;
}

for (const name of readdirSync(EXAMPLES).filter((file) => file.endsWith(".js"))) {
    test(`example ${name}: Espruino can run it`, () => {
        assert.deepEqual(checkProgram(readFileSync(new URL(name, EXAMPLES), "latin1")), []);
    });
}

test("example buzzer.js: the more urgent, the longer it calls; and it ends", () => {
    const hand = new HandTimers();
    for (const [urgency, beeps] of [
        ["very-low", 0],
        ["low", 1],
        [undefined, 3],
        ["high", 8],
    ] as const) {
        let on = 0;
        let off = 0;
        const handler = load("buzzer.js", hand, {
            D5: 5,
            analogWrite: (pin: number) => (on += pin === 5 ? 1 : 0),
            digitalWrite: (pin: number, value: number) => (off += pin === 5 && value === 0 ? 1 : 0),
        });
        handler({ urgency });
        hand.turn(60_000);
        assert.deepEqual([on, off, hand.waiting], [beeps, beeps, 0], urgency);
    }
});

test("example led.js: it blinks until the button is pressed, and then all that was shown is read", () => {
    const hand = new HandTimers();
    const led: number[] = [];
    const read: number[] = [];
    let press = (): void => undefined;
    let refuse = true;
    const handler = load("led.js", hand, {
        D0: 0,
        D2: 2,
        pinMode: () => undefined,
        setWatch: (pressed: () => void) => (press = pressed),
        digitalRead: () => led.at(-1) ?? 1,
        digitalWrite: (pin: number, value: unknown) => pin === 2 && led.push(Number(value)),
        toque: { read: (sequence: number) => !refuse && read.push(sequence) > 0 },
    });
    handler({ sequence: 7 });
    handler({ sequence: 8 });
    hand.turn(1000);
    assert.deepEqual(led, [0, 1, 0]);
    press();
    hand.turn(1000);
    assert.deepEqual([led.at(-1), read], [1, []], "the LED is off; nothing could be sent yet");
    refuse = false;
    press();
    assert.deepEqual(read, [7, 8]);
});

test("example display.js: nothing is taken before the display is ready, then title and text are shown", () => {
    const drawn: string[] = [];
    let ready = (): void => undefined;
    const display = {
        clear: () => drawn.splice(0),
        setFontVector: () => undefined,
        setFontBitmap: () => undefined,
        drawString: (text: string) => drawn.push(text),
        flip: () => drawn.push("flip"),
    };
    const handler = load("display.js", new HandTimers(), {
        D4: 4,
        D5: 5,
        I2C1: { setup: () => undefined },
        require: () => ({ connect: (_: unknown, done: () => void) => ((ready = done), display) }),
    });
    const push = { sequence: 1, title: "Ana", body: "a text that is longer than one row of it" };
    assert.equal(handler(push), false, "it asks for it later");
    ready();
    handler(push);
    assert.deepEqual(drawn, ["Ana", "a text that is longer", " than one row of it", "flip"]);
});
