import { wires } from "./wires.ts";

/** `tmr.ALARM_SINGLE` and `tmr.ALARM_AUTO`: the same in both firmwares. */
export const enum AlarmMode {
    single = 0,
    auto = 1,
}

/** A FreeRTOS tick on ESP32: a timer of less stops the board with a failed assertion. */
const SHORTEST_MS = 10;

/** The largest number of microseconds that `tmr.now` gives. The next one is 0; 2^31 itself does not fit in 32 bits. */
const LARGEST_US = 2147483647;

let lastUs = 0;
let restUs = 0;
let totalMs = 0;
const timer = tmr.create();

/** Microseconds: 31 bits of them on ESP8266, and inexact ones on an ESP32 with 32-bit floating point. */
export function readUs(): number {
    return (tmr.now === undefined ? node.uptime : tmr.now)();
}

/**
 * The device's clock: an integer that wraps where Lua's integers have 32 bits. `tmr.now` wraps after 35.8 minutes, so it has to be
 * called more often than that (link.ts does, every 10 s). The sum is kept in milliseconds, and what is left over in microseconds,
 * because a quotient is a float, and a float may hold no more than 24 bits.
 */
export function nowMs(): number {
    const us = readUs();
    const passed = us - lastUs; // a number of its own: luamin takes `a + (b - c)` for `a + b - c`, and that is not it for floats
    restUs += passed;
    if (passed < 0) restUs = restUs + LARGEST_US + 1;
    lastUs = us;
    totalMs += Math.floor(restUs / 1000);
    restUs = restUs % 1000;
    return totalMs;
}

function wake(): void {
    wires.report({ type: "tick" });
}

/** Sets the device's one timer. */
export function wakeAfter(delayMs: number): void {
    timer.stop();
    timer.alarm(Math.max(delayMs, SHORTEST_MS), AlarmMode.single, wake);
}
