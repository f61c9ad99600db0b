import type { Settings } from "../core/settings.ts";
import type { Report } from "../platform.ts";

/** How often the address is looked at: DHCP may change it without any event. */
const LOOK_MS = 10000;
/** So many looks without Wi-Fi, and it is joined anew: an ESP32 gives up after three tries, an ESP8266 never does. */
const PATIENCE = 3;

/**
 * Joins the Wi-Fi and reports the link. Every `connected` may bring a new address, for an ESP32 hides the first two
 * drops after `connect`. After `disconnected` it goes on telling the old address for minutes, so that is not asked for then.
 */
export function watchLink(settings: Settings, report: Report): void {
    const wifi = require("Wifi");
    let address = "";
    let lost = false;
    let looks = 0;

    function join(): void {
        looks = 0;
        if (settings.ssid === undefined) wifi.restore();
        else wifi.connect(settings.ssid, { password: settings.password });
    }

    function look(): void {
        let seen = lost ? undefined : wifi.getIP().ip;
        if (seen === undefined || seen === "0.0.0.0") seen = "";
        if (seen !== address) {
            address = seen;
            report(seen === "" ? { type: "linkDown" } : { type: "linkUp", address: seen });
        }
        if (seen !== "") looks = 0;
        else if (++looks > PATIENCE) join();
    }

    wifi.on("connected", function () {
        lost = false;
        look();
    });
    wifi.on("disconnected", function () {
        lost = true;
        look();
    });
    look();
    if (address === "") join();
    setInterval(look, LOOK_MS);
}
