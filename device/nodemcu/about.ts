import { VERSION } from "../version.ts";

/** The registration's pairs that only the board knows. */
export function about(): string {
    const getrssi = wifi.sta.getrssi;
    const application = toqueFailure ?? (onPush === undefined ? "none" : "running");
    const pairs = '"r":"nodemcu","v":"' + VERSION + '","p":"' + application + '","f":' + node.heap();
    const signal = getrssi === undefined ? undefined : getrssi();
    return signal === undefined ? pairs : pairs + ',"q":' + signal;
}
