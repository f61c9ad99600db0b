import type { Settings } from "../core/settings.ts";
import type { Report } from "../drive.ts";
import { AlarmMode } from "./clock.ts";

/** How often the address is looked at where the firmware tells it (ESP8266): no event is trusted alone. */
const LOOK_MS = 10000;

/** Joins the Wi-Fi and reports its address whenever there may be a new one. Without an ssid it joins what the firmware remembers. */
export function watchLink(settings: Settings, report: Report): void {
    const sta = wifi.sta;
    const eventmon = wifi.eventmon;

    function found(address: string | undefined): void {
        report(address === undefined ? "linkDown" : "linkUp", address);
    }

    function configure(): void {
        const ssid = settings.ssid;
        if (ssid !== undefined) sta.config({ ssid: ssid, pwd: settings.password, save: false });
    }

    if (eventmon !== undefined) {
        const look = (): void => found(sta.getip!());
        eventmon.register(eventmon.STA_GOT_IP, look);
        eventmon.register(eventmon.STA_DISCONNECTED, () => found(undefined));
        wifi.setmode!(wifi.STATION, false);
        configure();
        tmr.create().alarm(LOOK_MS, AlarmMode.auto, look);
    } else {
        // This firmware has no way to ask for the address; a new one always comes with an event. It does not connect by itself.
        sta.on("start", sta.connect);
        sta.on("got_ip", (_event, info) => found(info.ip));
        sta.on("disconnected", () => {
            found(undefined);
            sta.connect();
        });
        wifi.mode(wifi.STATION, false);
        configure();
        wifi.start();
    }
}
