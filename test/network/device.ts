/**
 * A device on Node for the network lab: it lives in a network namespace, watches a real interface there, and prints what happens as one
 * JSON object a line. `node --import tsx test/network/device.ts <interface> <host> <port> <route> <secret> <keepAliveS>`
 */
import { memoryFlash } from "../../device/host/flash.ts";
import { watchInterface } from "../../device/host/link.ts";
import { directNetwork } from "../../device/host/network.ts";
import { startHostDevice } from "../../device/host/start.ts";

const [name = "", host = "", port = "", route = "", secret = "", keepAliveS = "60"] = process.argv.slice(2);
const say = (fields: object): void => console.log(JSON.stringify(fields));

const flash = memoryFlash();
flash.save("config", JSON.stringify({ host, port: Number(port), keepAliveS: Number(keepAliveS) }));
flash.save("credentials", JSON.stringify({ route, secret }));
const device = startHostDevice({
    flash,
    network: directNetwork(),
    chip: "lab",
    handle: ({ sequence, body }) => say({ shown: sequence, body }),
    show: (state, text) => say({ state, text }),
});
const unwatch = watchInterface(name, device);

/** Ends with its parent, and by signal. */
function end(): void {
    unwatch();
    device.stop();
    process.exit();
}
process.stdin.on("end", end).resume();
process.on("SIGTERM", end);
