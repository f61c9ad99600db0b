/**
 * Toque on Espruino (ESP32, ESP8266): the bundle of this file is the board's `.bootcde`.
 *
 * It reads its settings from flash, joins the Wi-Fi, registers with the gateway and hands each push message to
 * the application, which is one of these, the first that is there:
 *
 * 1. the Storage file `toque-app`, a module: `module.exports = function (message) { … };`. If it does not run, messages wait at the gateway
 * 2. a global function `onPush(message)`, for trying things out on the console
 * 3. neither: the message is printed
 *
 * A message has `sequence`, `body`, `urgency`, and where the sender gave them `title`, `from` and `collapseKey`; text is
 * octets of UTF-8. When the handler returns, the message is delivered; when it throws, it is called again, twice.
 * The global `toque` is for the application:
 *
 *     toque.read(message.sequence)                    the person has read it
 *     toque.send({ to: "+34600111222", body: "…" }, done)    a message to another number, also title, urgency, collapseKey, ttlS;
 *                                                     false: try again later. `done(why)`, which may be left out, is called when the
 *                                                     gateway has accepted it (why is undefined) or refused it ("unknown_number")
 *     toque.save("config", '{"host":"192.168.1.5","port":1883,"ssid":"…","password":"…","number":"+34…","code":"…"}')
 *
 * What is saved is used after the next reset.
 */
import { readFields } from "../../shared/push/fields.ts";
import { MAX_PACKET_OCTETS, PACKET_OCTETS } from "../../shared/push/limits.ts";
import type { Done } from "../core/events.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, say } from "../drive.ts";
import { encodeMessage, encodeRead } from "../say.ts";
import type { OwnMessage } from "../say.ts";
import { find, save } from "./flash.ts";
import { watchLink } from "./link.ts";
import { nowMs, perform } from "./platform.ts";
import { wires } from "./wires.ts";
import type { Handler } from "./wires.ts";

/** From so many JsVars on it is an ESP32, which can take large packets, and several at a time. */
const MANY_VARS = 3000;

/** The Storage file of the application. */
const APP = "toque-app";

/** Characters of its error that go to the gateway. */
const MOST_FAILURE = 100;

let sent = 0;

function readSlot(name: string): unknown {
    return readFields(find(name).text);
}

function randomBelow(span: number): number {
    return Math.floor(Math.random() * span);
}

function sayRead(sequence: number): boolean {
    return say(wires.device, "read", encodeRead(sequence), undefined);
}

function sayMessage(message: OwnMessage, done?: Done): boolean {
    const board = wires.device.session.board;
    // one that is far too large is not even encoded: there may be no memory for it twice
    if (message.body.length >= board.packetOctets) return false;
    return say(wires.device, "msg", encodeMessage(++sent, board.boot, message), done);
}

/** Its module is a function, or there is a first line of an error: the gateway keeps the messages until it runs. */
function startApplication(): void {
    let failure = "module.exports is no function";
    try {
        const app = require(APP);
        if (typeof app === "function") {
            wires.app = app as Handler;
            return;
        }
    } catch (error) {
        failure = ("" + (error as string)).split("\n")[0]!;
    }
    wires.failure = failure.slice(0, MOST_FAILURE);
    print("toque: the application does not run, so messages wait: " + failure);
}

function main(): void {
    const settings = readSlot("config") as Settings | undefined;
    if (settings === undefined) {
        global.toque = { save: save };
        print("toque: no settings: toque.save them, then reset");
        return;
    }
    if (require("Storage").read(APP) !== undefined) startApplication();
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
    global.toque = { read: sayRead, send: sayMessage, save: save };
    watchLink();
}

main();
