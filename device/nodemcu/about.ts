import { quote } from "../../shared/push/fields.ts";
import { stateOf } from "../application.ts";
import { VERSION } from "../version.ts";

/** The registration's pairs that only the board knows. */
export function about(): string {
    const getrssi = wifi.sta.getrssi;
    const pairs = '"r":"nodemcu","v":"' + VERSION + '","p":' + quote(stateOf(toque)) + ',"f":' + node.heap();
    const signal = getrssi === undefined ? undefined : getrssi();
    return signal === undefined ? pairs : pairs + ',"q":' + signal;
}
