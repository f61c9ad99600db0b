/** Puts Toque on a board that runs Espruino (ESP32, ESP8266): the bundle as `.boot0`, the application as `.bootcde`, settings and credentials. */
import { readFileSync } from "node:fs";
import { buildAll } from "../bundler/build.ts";
import { MODULE } from "../device/espruino/files.ts";
import { OLDEST, isTooOld } from "../bundler/espruino/firmware.ts";
import { EspruinoConsole } from "./espruino-console.ts";
import { FlashError, type FlashOptions, main, readOptions, slotFiles } from "./options.ts";
import { Port } from "./port.ts";

/** The application of a board that has none: it prints its messages. */
const PRINTS = new URL("../device/examples/print.js", import.meta.url);

/** Builds, and writes all of it. Throws a FlashError with a sentence. */
export async function flash({ port: path, slots, app }: FlashOptions): Promise<void> {
    const [built] = await buildAll(["espruino"]);
    const bundle = readFileSync(built!);
    const port = await Port.open(path);
    try {
        const board = new EspruinoConsole(port);
        const version = await board.stop();
        if ((await board.ask(isTooOld("process.env.VERSION"))) === "true")
            throw new FlashError(
                `The board runs Espruino ${version}. Toque needs ${OLDEST} or newer: flash that first (docs/boards.md).`,
            );
        console.log(`Espruino ${version} answers. Uploading Toque…`);
        const files = new Map([[".boot0", bundle], ["toque", Buffer.from(MODULE)], ...slotFiles(slots)]);
        const hasProgram = (await board.ask(`require("Storage").read(".bootcde")!==undefined`)) === "true";
        if (app !== undefined || !hasProgram) files.set(".bootcde", readFileSync(app ?? PRINTS));
        await board.upload(files);
        board.start();
        console.log("Done: the board joins the Wi-Fi now. Its screen is its console, at 115,200 baud.");
    } finally {
        await port.close();
    }
}

if (process.argv[1]?.endsWith("espruino.ts") === true)
    await main(() => flash(readOptions("npm run flash:espruino --", process.argv.slice(2))));
