/**
 * Toque on NodeMCU (ESP32, ESP8266): `toque.lua` is the bundle of this file, the module `toque`. `init.lua` runs the application, `app.lua`,
 * which asks for it by `require("toque")`; or only this one, when there is no application.
 *
 * It reads its settings from flash, joins the Wi-Fi, registers with the gateway, and hands each push message to the application: what that
 * gave to `toque`, which is also a global. See device/application.ts, and docs/boards.md. `toque.save("config", '{"host":"192.168.1.5",…}')`
 * changes the settings, in compact JSON; what is saved is used after the next restart.
 */
import { readFields } from "../../shared/push/fields.ts";
import { PACKET_OCTETS } from "../../shared/push/limits.ts";
import { listen, read, send, stateOf, status, time } from "../application.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, report } from "../drive.ts";
import { about } from "./about.ts";
import { nowMs, readUs } from "./clock.ts";
import { load, save } from "./flash.ts";
import { watchLink } from "./link.ts";
import { perform } from "./platform.ts";
import { wires } from "./wires.ts";

/** A boot's number: larger ones do not fit in a float of 32 bits. */
const BOOTS = 16777215;

function readSlot(name: string): unknown {
    return readFields(load(name));
}

function on(event: string, handler: never): void {
    const before = stateOf(toque);
    listen(toque, event, handler);
    if (before !== "running" && toque.message !== undefined && wires.report !== undefined)
        wires.report({ type: "described", about: about() });
}

function firmware(): string {
    return _VERSION;
}

function main(): void {
    const settings = readSlot("config") as Settings | undefined;
    toque = {
        on: (event, handler) => on(event, handler),
        save: (name, json) => save(name, json),
    } as typeof toque;
    _G.package.loaded.toque = toque;
    if (settings === undefined) {
        print("toque: no settings: toque.save them, and restart");
        return;
    }
    math.randomseed(node.random === undefined ? readUs() : node.random(0, BOOTS));
    const device = createDevice(
        {
            nowMs: () => nowMs(),
            perform: (request) => perform(request),
            chip: string.gsub(wifi.sta.getmac(), "%W", ""),
            packetOctets: PACKET_OCTETS,
            window: 1,
            boot: math.random(0, BOOTS),
            random: (span) => math.random(0, span - 1),
        },
        settings,
        readSlot("credentials") as Credentials | undefined,
        readSlot("session") as Memory | undefined,
    );
    wires.settings = settings;
    wires.report = (input) => report(device, input);
    toque.send = (message, done) => send(device, toque, message, done);
    toque.read = (sequence) => read(device, sequence);
    toque.status = () => status(device, firmware(), node.heap());
    toque.time = () => time(device);
    toque.settings = settings;
    watchLink();
}

main();
