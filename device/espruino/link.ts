import { report } from "../drive.ts";
import { LOOK_MS, wifi, wires } from "./platform.ts";

/** The Wi-Fi is joined anew every so many looks without an address: an ESP32 gives up after three tries, an ESP8266 never. */
const JOIN_LOOKS = 3;

let lost = false;
let looks = 0;

/**
 * Reports the link. Every `connected` may bring a new address, for an ESP32 hides the first two drops after `connect`. After
 * `disconnected` it still has the old address for minutes, so that is not read then.
 * @param details of an event: `connected` has the address in them, `disconnected` has not
 */
export function look(details?: EspruinoWifiDetails): void {
    if (details !== undefined) lost = details.ip === undefined;
    const ip = lost ? undefined : wifi.getIP().ip;
    if (ip !== undefined && ip !== "0.0.0.0") {
        looks = 0;
        report(wires.device, { type: "linkUp", address: ip });
        return;
    }
    report(wires.device, { type: "linkDown" });
    if (details !== undefined || looks++ % JOIN_LOOKS !== 0) return;
    if (wires.settings.ssid === undefined) wifi.restore();
    else wifi.connect(wires.settings.ssid, { password: wires.settings.password });
}

/** Joins the Wi-Fi, and begins to look. */
export function watchLink(): void {
    wifi.on("connected", look);
    wifi.on("disconnected", look);
    wires.timer = setInterval(look, LOOK_MS);
    look();
}
