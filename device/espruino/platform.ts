import type { Push } from "../core/events.ts";
import type { Settings } from "../core/settings.ts";
import type { Device } from "../drive.ts";
import type { Platform } from "../platform.ts";
import { VERSION } from "../version.ts";
import { save } from "./flash.ts";

/** The most one step of the clock may be, in seconds: more is somebody who set the time. The device wakes more often. */
const MAX_STEP_S = 120;

/** An interval that is not meant to end: a week. */
export const NEVER_MS = 604800000;

/** What the application is called with. */
export type Handler = (push: Push) => void;

/** What the platform needs once it is there: the device that it reports to, and the interval that wakes it. */
export interface Wires {
    device: Device;
    timer: number;
}

/** What the board gives the device. @param app the handler in flash, if there is one */
export function createPlatform(settings: Settings, app: Handler | undefined, wires: Wires): Platform {
    let socket: EspruinoSocket | undefined;
    let hearing = false;
    let lookUps = 0;
    let lastS = getTime();
    let nowS = 0;

    /**
     * The listener of all sockets: called with the socket when it is open, with octets when they come, and at the end with a boolean.
     * The firmware goes on telling of a socket that was dropped.
     */
    function heard(this: EspruinoSocket, what: EspruinoSocket | string | boolean): void {
        if (this !== socket) return;
        if (typeof what === "string") {
            hearing = true;
            wires.device.report("bytes", what);
            hearing = false;
        } else if (typeof what === "object") {
            wires.device.report("opened");
        } else {
            socket = undefined;
            wires.device.report("closed");
        }
    }

    return {
        // setTime and SNTP move the only clock there is: its steps forward are added up
        nowMs: function () {
            const timeS = getTime();
            if (timeS > lastS) nowS += Math.min(timeS - lastS, MAX_STEP_S);
            lastS = timeS;
            return Math.floor(nowS * 1000);
        },

        wakeAfter: function (delayMs) {
            changeInterval(wires.timer, delayMs < 0 ? NEVER_MS : delayMs);
        },

        resolve: function (host) {
            const mine = ++lookUps;
            require("Wifi").getHostByName(host, function (address) {
                if (mine === lookUps) wires.device.report("resolved", address === null ? undefined : address);
            });
        },

        dial: function (address) {
            try {
                const ca = settings.ca;
                socket = require(ca === undefined ? "net" : "tls").connect(
                    { host: address, port: settings.port, ca: ca === undefined ? ca : atob(ca) },
                    heard,
                );
                socket.on("data", heard);
                socket.on("close", heard);
            } catch (error) {
                wires.device.report("closed"); // refused at once
            }
        },

        send: function (data) {
            try {
                if (socket !== undefined) socket.write(data);
            } catch (error) {
                // it is closed, and "close" is on its way
            }
        },

        hangUp: function () {
            lookUps++;
            if (socket === undefined) return;
            // "end" alone waits until everything is sent, which on a dead path is never; a path that is heard just now is alive
            socket.clsNow = !hearing;
            socket.end();
            socket = undefined;
        },

        handle: function (push) {
            const handler = app === undefined ? global.onPush : app;
            try {
                if (typeof handler === "function") (handler as Handler)(push);
                else print("toque: message: " + push.body);
            } catch (error) {
                print("toque: the handler threw: " + (error as string));
                return false;
            }
            return true;
        },

        save: save,

        show: function (state, text) {
            print("toque: " + state + (text === undefined ? "" : ": " + text));
        },

        about: function () {
            const memory = process.memory();
            const wifi = require("Wifi");
            let dbm = wifi.getDetails().rssi;
            if (dbm === undefined) dbm = wifi.getStatus().rssi;
            const pairs = '"r":"espruino","v":"' + VERSION + '","f":' + memory.free * memory.blocksize;
            return dbm === undefined ? pairs : pairs + ',"q":' + dbm;
        },
    };
}
