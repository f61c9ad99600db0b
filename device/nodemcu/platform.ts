import type { Push } from "../core/events.ts";
import type { Platform } from "../platform.ts";
import { VERSION } from "../version.ts";
import { nowMs, wakeAfter } from "./clock.ts";
import { save } from "./flash.ts";
import { dial, hangUp, resolve, send } from "./socket.ts";

function handle(push: Push): boolean {
    return pcall(onPush, push);
}

function show(state: string, text: string | undefined): void {
    print("toque: " + state + (text === undefined ? "" : ": " + text));
}

function about(): string {
    const getrssi = wifi.sta.getrssi;
    const json = '"r":"nodemcu","v":"' + VERSION + '","f":' + node.heap();
    const signal = getrssi === undefined ? undefined : getrssi();
    return signal === undefined ? json : json + ',"q":' + signal;
}

/** What the board gives the device: see `Perform`. */
export function perform(what: keyof Platform, value: never, more: never): unknown {
    if (what === "nowMs") return nowMs();
    if (what === "wakeAfter") return wakeAfter(value);
    if (what === "send") return send(value);
    if (what === "handle") return handle(value);
    if (what === "show") return show(value, more);
    if (what === "save") return save(value, more);
    if (what === "dial") return dial(value);
    if (what === "resolve") return resolve(value);
    return what === "hangUp" ? hangUp() : about();
}
