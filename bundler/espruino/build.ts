import { join } from "node:path";
import { build } from "esbuild";
import { BuildError, ROOT } from "../output.ts";
import { privateNames } from "../private-names.ts";
import { overlayEspruino } from "./overlay.ts";

export const ESPRUINO_BUNDLE = join(ROOT, "dist/espruino/toque.js");

/** Modules that the firmware has; everything else must be in the bundle. */
const FIRMWARE_MODULES = ["net", "tls", "http", "Wifi", "Storage", "ESP8266", "ESP32", "Flash", "crypto"];

/**
 * One file that Espruino can run from flash. esbuild makes one flat program of the sources, and the overlay leaves its functions in flash.
 * @param entry another program made of the device's parts: tests play the core on the board by itself
 */
export async function bundleEspruino(entry = join(ROOT, "device/espruino/main.ts")): Promise<string> {
    const names = privateNames(ROOT, ["device/espruino/globals.d.ts"]);
    const { outputFiles } = await build({
        entryPoints: [entry],
        write: false,
        bundle: true,
        format: "cjs",
        platform: "neutral",
        target: "es2019",
        supported: { "nullish-coalescing": true, "object-extensions": false },
        charset: "ascii",
        minifySyntax: true,
        minifyWhitespace: true,
        mangleProps: new RegExp(`^(${names.join("|")})$`),
        external: FIRMWARE_MODULES,
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
        logLevel: "silent",
    }).catch((error: unknown) => {
        throw new BuildError(`esbuild: ${String(error)}`);
    });
    return overlayEspruino(outputFiles[0]!.text);
}
