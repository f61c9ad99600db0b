import { AlarmMode } from "./clock.ts";
import { wires } from "./wires.ts";

/** How often the address is read where the firmware has a function for it (ESP8266): no event is trusted alone. */
const LOOK_MS = 10000;

function found(address: string | undefined): void {
    wires.report(address === undefined ? { type: "linkDown" } : { type: "linkUp", address: address });
}

function look(): void {
    found(wifi.sta.getip!());
}

function lost(): void {
    found(undefined);
    if (wifi.eventmon === undefined) wifi.sta.connect();
}

/** Joins the Wi-Fi and reports its address whenever there may be a new one. Without an ssid it joins what the firmware remembers. */
export function watchLink(): void {
    const sta = wifi.sta;
    const eventmon = wifi.eventmon;
    const ssid = wires.settings.ssid;
    if (eventmon !== undefined) {
        eventmon.register(eventmon.STA_GOT_IP, look);
        eventmon.register(eventmon.STA_DISCONNECTED, lost);
        wifi.setmode!(wifi.STATION, false);
        tmr.create().alarm(LOOK_MS, AlarmMode.auto, look);
        look(); // it may have joined what it remembers while init.lua waited
    } else {
        // This firmware has no way to ask for the address; a new one always comes with an event. It does not connect by itself.
        sta.on("start", sta.connect);
        sta.on("got_ip", (_event, info) => found(info.ip));
        sta.on("disconnected", lost);
        wifi.mode(wifi.STATION, false);
    }
    if (ssid !== undefined) sta.config({ ssid: ssid, pwd: wires.settings.password, save: false });
    if (eventmon === undefined) wifi.start();
}
