/**
 * Puts Toque on a board that runs Espruino (ESP32, ESP8266): the bundle as `.bootcde`, the application, settings and credentials.
 * EspruinoTools talks to the board, in a process of its own, because it brings globals and settings that a script should not have.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ESPRUINO_BUNDLE, buildEspruino } from "../bundler/build.ts";
import { FlashError, type FlashOptions, main, readOptions } from "./options.ts";

/** Twelve kilobytes at 115,200 baud take a second; a board that is silent for so long is not there. */
const UPLOAD_MS = 120_000;

/** A JavaScript string literal of octets, in ASCII. */
function literal(octets: string): string {
    return JSON.stringify(octets).replace(/[\x7f-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

function findTool(): string {
    try {
        return join(dirname(createRequire(import.meta.url).resolve("espruino/package.json")), "bin/espruino-cli.js");
    } catch {
        throw new FlashError('The package "espruino" is not installed: run npm ci without --omit=optional.');
    }
}

/** Runs EspruinoTools once. @returns what the board printed */
function run(port: string, words: string[]): Promise<string> {
    // without the throttle an upload of less than 512 octets never ends
    const args = [findTool(), "--no-ble", "-p", port, "--config", "SERIAL_THROTTLE_SEND=1", ...words];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], timeout: UPLOAD_MS });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString("latin1")));
    child.stderr.on("data", (data: Buffer) => (output += data.toString("latin1")));
    return new Promise((resolve, reject) => {
        child.on("close", (code) => {
            if (code === 0 && /^Connected$/m.test(output)) resolve(output);
            else
                reject(
                    new FlashError(
                        `No board answers at ${port}. Is it plugged in, and does it run Espruino?\n\n${output}`,
                    ),
                );
        });
    });
}

async function flash({ port, slots, app }: FlashOptions): Promise<void> {
    await buildEspruino();
    if (!existsSync(ESPRUINO_BUNDLE)) throw new FlashError("The bundle was not built.");
    console.log("Uploading the bundle…");
    const files = ["--storage", `.bootcde:${ESPRUINO_BUNDLE}`];
    if (app !== undefined) files.push("--storage", `toque-app:${app}`);
    await run(port, [...files, "-e", "load()"]);

    console.log("Saving the settings…");
    const saves = [...slots].map(([name, json]) => `toque.save(${literal(name)},${literal(json)})`);
    const printed = await run(port, ["-e", `print(${saves.join("&&")}?"toque: saved":"toque: no room");load()`]);
    if (!printed.includes("toque: saved")) {
        throw new FlashError(`The board did not save its settings. It printed:\n\n${printed}`);
    }
    console.log("Done: the board joins the Wi-Fi now. Its screen is its console, at 115,200 baud.");
}

await main(() => flash(readOptions("npm run flash:espruino --", process.argv.slice(2))));
