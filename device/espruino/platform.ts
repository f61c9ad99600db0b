import type { Settings } from "../core/settings.ts";
import type { Device } from "../drive.ts";
import type { Platform } from "../platform.ts";
import { handle } from "./app.ts";
import type { Handler } from "./app.ts";
import { createClock } from "./clock.ts";
import { save } from "./flash.ts";
import { createNetwork } from "./socket.ts";

/** What the board gives the device. @param device the device itself, once there is one: it gets the reports */
export function createPlatform(settings: Settings, app: Handler | undefined, device: () => Device): Platform {
    let timer: number | undefined;

    const network = createNetwork(settings.ca, function (input) {
        device().report(input);
    });

    return {
        nowMs: createClock(),
        wakeAfter: function (delayMs) {
            if (timer !== undefined) clearTimeout(timer);
            timer = undefined;
            if (delayMs < 0) return;
            timer = setTimeout(function () {
                timer = undefined;
                device().wake();
            }, delayMs);
        },
        resolve: network.resolve,
        dial: network.dial,
        send: network.send,
        hangUp: network.hangUp,
        handle: function (message) {
            return handle(app, message);
        },
        save: save,
        show: function (state, why) {
            print("toque: " + state + (why === undefined ? "" : ": " + why));
        },
        overflow: function (dropped, from, to) {
            print("toque: " + dropped + " messages were dropped, " + from + " to " + to);
        },
        freeOctets: function () {
            const memory = process.memory();
            return memory.free * memory.blocksize;
        },
        signalDbm: function () {
            const wifi = require("Wifi");
            const near = wifi.getDetails().rssi;
            return near === undefined ? wifi.getStatus().rssi : near;
        },
    };
}
