/** Puts Toque on a board that runs NodeMCU (ESP32, ESP8266): init.lua, toque.lua, the application, settings and credentials. */
import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { buildAll } from "../bundler/build.ts";
import { LuaConsole } from "./lua-console.ts";
import { type FlashOptions, main, readOptions, slotFiles } from "./options.ts";
import { Port } from "./port.ts";

/** A program that runs reads its functions from this file, so a new one has another name until the restart. */
const PROGRAM = "toque.lua";
const NEW_PROGRAM = "toque.new";

/** The application of a board that has none: it prints its messages. */
const PRINTS = new URL("../device/examples/print.lua", import.meta.url);

async function flash({ port: path, slots, app }: FlashOptions): Promise<void> {
    const [built] = await buildAll(["nodemcu"]);
    const port = await Port.open(path);
    try {
        const board = new LuaConsole(port);
        await board.type("print('toque')");
        const folder = dirname(built!);
        for (const name of readdirSync(folder).filter((file) => file.endsWith(".lua"))) {
            console.log(`Uploading ${name}…`);
            await board.upload(name === PROGRAM ? NEW_PROGRAM : name, readFileSync(join(folder, name)));
        }
        const hasApp = (await board.type(`print(file.exists("app.lua") or file.exists("app.lc"))`)).includes("true");
        if (app !== undefined || !hasApp) {
            console.log(`Uploading ${basename(app ?? PRINTS.pathname)} as app.lua…`);
            await board.upload("app.lua", readFileSync(app ?? PRINTS));
        }
        console.log("Saving the settings…");
        for (const [name, octets] of slotFiles(slots)) await board.upload(name, octets);
        port.send(`file.remove("${PROGRAM}") file.rename("${NEW_PROGRAM}","${PROGRAM}") node.restart()\r\n`);
        console.log("Done: the board restarts, and joins the Wi-Fi after three seconds. Its screen is its console.");
    } finally {
        await port.close();
    }
}

await main(() => flash(readOptions("npm run flash:nodemcu --", process.argv.slice(2))));
