/** Aedes with its persistence in memory, as its README starts it. */
import { createServer, type AddressInfo } from "node:net";
import { Aedes } from "aedes";

const aedes = await Aedes.createBroker();
const server = createServer((socket) => void aedes.handle(socket)).listen(0, "127.0.0.1", () => {
    console.log((server.address() as AddressInfo).port);
});
