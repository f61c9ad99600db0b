/** Puts Toque on a board that runs NodeMCU (ESP32, ESP8266): init.lua, toque.lua, the application, settings and credentials. */
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import type { SerialPort } from "serialport";
import { frame } from "../device/slots.ts";
import { NODEMCU_BUNDLE, buildAll } from "../bundler/build.ts";
import { LuaConsole } from "./lua-console.ts";
import { FlashError, type FlashOptions, main, readOptions } from "./options.ts";

const BAUD = 115_200;

/** A program that runs reads its functions from this file, so a new one has another name until the restart. */
const PROGRAM = "toque.lua";
const NEW_PROGRAM = "toque.new";

/** Opens a serial port, or a TCP connection to a serial server. */
async function open(port: string): Promise<Duplex> {
    try {
        if (port.startsWith("tcp://")) {
            const { hostname, port: number } = new URL(port);
            const socket = connect(Number(number), hostname);
            await once(socket, "connect");
            return socket;
        }
        const { SerialPort } = await import("serialport");
        const serial = new SerialPort({ path: port, baudRate: BAUD });
        await once(serial, "open");
        return serial;
    } catch (error) {
        throw new FlashError(`${port} cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
}

/** A serial port is not closed by being destroyed, and a read that waits would keep this program running. */
async function close(stream: Duplex): Promise<void> {
    await new Promise<void>((done) => stream.end(() => done())); // the restart is on its way
    if ("close" in stream) await new Promise((done) => (stream as SerialPort).close(done));
    stream.destroy();
}

async function flash({ port, slots, app }: FlashOptions): Promise<void> {
    await buildAll(["nodemcu"]);
    const stream = await open(port);
    try {
        const board = new LuaConsole(stream);
        await board.type("print('toque')");
        const folder = dirname(NODEMCU_BUNDLE);
        for (const name of readdirSync(folder).filter((file) => file.endsWith(".lua"))) {
            console.log(`Uploading ${name}…`);
            await board.upload(name === PROGRAM ? NEW_PROGRAM : name, readFileSync(join(folder, name)));
        }
        if (app !== undefined) {
            console.log(`Uploading ${basename(app)} as toque-app.lua…`);
            await board.upload("toque-app.lua", readFileSync(app));
        }
        for (const [name, json] of slots) {
            console.log(`Saving ${name}…`);
            // each name has two slots: the first one new, the second one empty, so that this is what counts
            await board.upload(`toque-${name}0`, Buffer.from(frame(1, json), "latin1"));
            await board.upload(`toque-${name}1`, Buffer.alloc(0));
        }
        stream.write(`file.remove("${PROGRAM}") file.rename("${NEW_PROGRAM}","${PROGRAM}") node.restart()\r\n`);
        console.log("Done: the board restarts, and joins the Wi-Fi after three seconds. Its screen is its console.");
    } finally {
        await close(stream);
    }
}

await main(() => flash(readOptions("npm run flash:nodemcu --", process.argv.slice(2))));
