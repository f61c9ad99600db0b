import type { Platform } from "../platform.ts";
import { VERSION } from "../version.ts";
import { addClock } from "./clock.ts";
import { save } from "./flash.ts";

/** The board's platform, but for what needs a device to report to: timer and connection. */
export function createPlatform(): Platform {
    const getrssi = wifi.sta.getrssi;
    const platform = {
        handle: (push) => pcall(onPush, push),
        save: save,
        show: (state, text) => print("toque: " + state + (text === undefined ? "" : ": " + text)),
        about: () => {
            const json = '"r":"nodemcu","v":"' + VERSION + '","f":' + node.heap();
            const signal = getrssi === undefined ? undefined : getrssi();
            return signal === undefined ? json : json + ',"q":' + signal;
        },
    } as Platform;
    addClock(platform);
    return platform;
}
