import type { Settings } from "../core/settings.ts";
import type { Device } from "../drive.ts";

/** How often the address is looked at: DHCP may change it without any event. */
const LOOK_MS = 10000;
/** The Wi-Fi is joined anew every so many looks without an address: an ESP32 gives up after three tries, an ESP8266 never. */
const JOIN_LOOKS = 3;

/**
 * Joins the Wi-Fi and reports the link. Every `connected` may bring a new address, for an ESP32 hides the first two
 * drops after `connect`. After `disconnected` it goes on telling the old address for minutes, so that is not asked for then.
 */
export function watchLink(settings: Settings, report: Device["report"]): void {
    const wifi = require("Wifi");
    let lost = false;
    let looks = 0;

    /** @param details of an event: `connected` has the address in them, `disconnected` has not */
    function look(details?: EspruinoWifiDetails): void {
        if (details !== undefined) lost = details.ip === undefined;
        const ip = lost ? undefined : wifi.getIP().ip;
        if (ip !== undefined && ip !== "0.0.0.0") {
            looks = 0;
            report("linkUp", ip);
            return;
        }
        report("linkDown");
        if (details !== undefined || looks++ % JOIN_LOOKS !== 0) return;
        if (settings.ssid === undefined) wifi.restore();
        else wifi.connect(settings.ssid, { password: settings.password });
    }

    wifi.on("connected", look);
    wifi.on("disconnected", look);
    setInterval(look, LOOK_MS);
    look();
}
