import { hear } from "../drive.ts";
import { wifi, wires } from "./wires.ts";

/** How often the address is looked at, at least: DHCP may change it without any event. */
export const LOOK_MS = 10000;

/** The Wi-Fi is joined anew every so many looks without an address: an ESP32 gives up after three tries, an ESP8266 never. */
const JOIN_LOOKS = 3;

/** The firmware's own `clearInterval`. */
let clearTimer: typeof clearInterval;
let lost = false;
let looks = 0;

/** Out of memory, something was ended in the middle, in the application or here. To ask for that takes no variable; `E.on("errorFlag")` takes four. */
function restart(): void {
    print("toque: out of memory: the board restarts");
    E.reboot();
}

/**
 * Reports the link, which wakes the device. Every `connected` may bring a new address, for an ESP32 hides the first two drops after `connect`. After
 * `disconnected` it still has the old address for minutes, so that is not read then.
 * @param details of an event: `connected` has the address in them, `disconnected` has not
 */
export function look(details?: EspruinoWifiDetails): void {
    if (E.getErrorFlags().indexOf("MEMORY") >= 0) restart();
    if (details !== undefined) lost = details.ip === undefined;
    const ip = lost ? undefined : wifi.getIP().ip;
    if (ip !== undefined && ip !== "0.0.0.0") {
        looks = 0;
        hear(wires.device, { type: "linkUp", address: ip });
        return;
    }
    hear(wires.device, { type: "linkDown" });
    if (details !== undefined || looks++ % JOIN_LOOKS !== 0) return;
    if (wires.settings.ssid === undefined) wifi.restore();
    else wifi.connect(wires.settings.ssid, { password: wires.settings.password });
}

/**
 * The application's `clearInterval` and `clearTimeout`: without an argument the firmware's end every timer, and the next one that the
 * application makes has the number of the device's.
 */
function clear(this: void): void {
    // eslint-disable-next-line prefer-rest-params -- no rest parameters here, and a parameter that is declared counts as given
    const given = arguments;
    if (given.length > 0) {
        clearTimer(given[0] as number);
    } else {
        clearTimer();
        wires.application.timer = setInterval(look, LOOK_MS);
    }
}

/** Looks after so many milliseconds, 0 or more, and then at least every LOOK_MS: reporting the link wakes the device. */
export function wake(afterMs: number): void {
    const periodMs = Math.min(afterMs, LOOK_MS);
    try {
        changeInterval(wires.application.timer!, periodMs);
    } catch (error) {
        wires.application.timer = setInterval(look, periodMs); // there is none yet, or Ctrl-C ended it while it ran
    }
}

/** Joins the Wi-Fi, and begins to look. */
export function watchLink(): void {
    wifi.on("connected", look);
    wifi.on("disconnected", look);
    if (wires.application.timer !== undefined) {
        delete global.clearInterval; // an image of save() has ours: below it is the firmware's
        delete global.clearTimeout;
    }
    wake(LOOK_MS);
    clearTimer = clearInterval;
    global.clearInterval = global.clearTimeout = clear;
    look();
}
