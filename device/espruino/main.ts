/**
 * Toque on Espruino (ESP32, ESP8266): the bundle of this file is the board's `.boot0`, which the firmware runs at each start, before the
 * person's program and after the reset of an upload to RAM.
 *
 * It reads its settings from flash, joins the Wi-Fi, registers with the gateway, and hands each push message to the application: what the
 * person's program gave to the global `toque`, which is also the module `toque`. See device/application.ts, and docs/boards.md.
 * `toque.save("config", '{"host":"192.168.1.5",…}')` changes the settings; what is saved is used after the next start.
 */
import { readFields } from "../../shared/push/fields.ts";
import { MAX_PACKET_OCTETS, PACKET_OCTETS } from "../../shared/push/limits.ts";
import { listen, read, send, stateOf, status, time } from "../application.ts";
import type { Status } from "../application.ts";
import type { Done } from "../core/events.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, report } from "../drive.ts";
import type { OwnMessage } from "../say.ts";
import { find, save } from "./flash.ts";
import { watchLink } from "./link.ts";
import { about, freeOctets, nowMs, perform } from "./platform.ts";
import { wires } from "./wires.ts";
import type { Toque } from "./wires.ts";

/** From so many JsVars on it is an ESP32, which can take large packets, and several at a time. */
const MANY_VARS = 3000;

/** Characters of an error that go to the gateway. */
const MOST_FAILURE = 100;

function readSlot(name: string): unknown {
    return readFields(find(name).text);
}

function randomBelow(span: number): number {
    return Math.floor(Math.random() * span);
}

function on(event: string, handler: never): void {
    const before = stateOf(wires.application);
    listen(wires.application, event, handler);
    if (before !== "running" && wires.application.message !== undefined && wires.device !== undefined)
        report(wires.device, { type: "described", about: about() });
}

function sendMessage(message: OwnMessage, done?: Done): boolean {
    return send(wires.device, wires.application, message, done);
}

function sendRead(sequence: number): boolean {
    return read(wires.device, sequence);
}

function timeNow(): number | undefined {
    return time(wires.device);
}

function statusNow(): Status {
    return status(wires.device, process.env.VERSION, freeOctets());
}

/** An error that nobody caught, shown as the firmware would. What ends an application before it takes messages is for the gateway, too. */
function failed(error: { stack?: string } | string): void {
    const toque = wires.application;
    const text = "" + (error as string);
    const stack = (error as { stack?: string }).stack;
    print("Uncaught " + text + (stack === undefined ? "" : "\n" + stack));
    if (toque.message === undefined) toque.failure = text.split("\n")[0]!.slice(0, MOST_FAILURE);
}

function main(): void {
    const toque = (global.toque ?? {}) as Toque;
    const settings = readSlot("config") as Settings | undefined;
    wires.application = toque;
    global.toque = toque;
    toque.on = on;
    toque.save = save;
    if (settings === undefined) {
        print("toque: no settings: toque.save them, then reset");
        return;
    }
    const large = process.memory().total > MANY_VARS;
    wires.settings = settings;
    wires.device = createDevice(
        {
            nowMs: nowMs,
            perform: perform,
            chip: getSerial().split("-").join(""),
            packetOctets: large ? MAX_PACKET_OCTETS : PACKET_OCTETS,
            window: large ? 4 : 1,
            boot: randomBelow(2147483647),
            random: randomBelow,
        },
        settings,
        readSlot("credentials") as Credentials | undefined,
        readSlot("session") as Memory | undefined,
    );
    if (large) E.enableWatchdog(wires.device.session.keepS * 2); // an ESP8266 has its own
    toque.send = sendMessage;
    toque.read = sendRead;
    toque.status = statusNow;
    toque.time = timeNow;
    toque.settings = settings;
    process.on("uncaughtException", failed);
    watchLink();
}

main();
