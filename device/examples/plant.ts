// Both boards, in TypeScript: a moisture sensor in a flower pot. The board writes to a number when the plant gets dry, and answers a message "?".
//
//     ESP8266 board     3V3 ---- VCC
//                       GND ---- GND   capacitive moisture sensor: less volts when it is wet
//                        A0 ---- OUT
//
// Write your number below. Try it with toque emulate --app device/examples/plant.ts
// What one flashes: toque build device/examples/plant.ts --board espruino (or nodemcu). The pins are in pins.espruino.ts and pins.nodemcu.ts.
import { analog, every } from "./pins";
import type { Message } from "toque/board";

const TO = "+34600111222";
const EVERY_MS = 15 * 60 * 1000;
const DRY_PERCENT = 30;
/** Of the sensor in air and in water, from 0 to 1: measure your own. */
const AIR = 0.8;
const WATER = 0.4;
let known = false;

function percent(): number {
    const part = (AIR - analog()) / (AIR - WATER);
    return Math.floor(100 * Math.min(1, Math.max(0, part)) + 0.5);
}

function report(to: string): void {
    toque.send({ to: to, title: "Plant", body: "Moisture: " + percent() + " %", collapseKey: "plant" });
}

function check(): void {
    const isDry = percent() < DRY_PERCENT;
    if (isDry && !known) report(TO);
    known = isDry;
}

toque.on("message", (message: Message) => {
    if (message.body === "?" && message.from !== undefined) report(message.from);
});

toque.on("state", (state) => {
    if (state === "online") check();
});

every(EVERY_MS, check);
