import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../scripts/build.ts";
import type { Device } from "../../device/drive.ts";
import type { Platform } from "../../device/platform.ts";
import { FlashFolder } from "../emulator/espruino/flash-folder.ts";
import { StandIn } from "../emulator/espruino/stand-in.ts";
import { Radio } from "../emulator/radio.ts";
import { Screen } from "../emulator/screen.ts";
import { runPlatformSuite } from "./platform.ts";
import type { Reported } from "./platform.ts";

/** The board's platform alone, the suite in the device's place. */
const PROGRAM = `
    import { find } from "./device/espruino/flash.ts";
    import { createPlatform, NEVER_MS } from "./device/espruino/platform.ts";
    global.load = function (name) { const found = find(name); return found && found.text; };
    global.begin = function (port, app, device) {
        return createPlatform({ host: "", port: port }, app, { device: device, timer: setInterval(device.wake, NEVER_MS) });
    };`;

/** What the program gives the suite. */
interface Program {
    load(name: string): string | undefined;
    begin(port: number, app: () => void, device: Device): Platform;
}

async function bundle(): Promise<string> {
    const { outputFiles } = await build({
        stdin: { contents: PROGRAM, resolveDir: ROOT, loader: "ts" },
        bundle: true,
        write: false,
        format: "cjs",
        platform: "neutral",
        target: "es2019",
        external: ["net", "tls", "Wifi", "Storage"],
        logLevel: "silent",
    });
    return outputFiles[0]!.text;
}

for (const [board, chunkOctets] of [
    ["ESP8266", 268],
    ["ESP32", 536],
] as const) {
    runPlatformSuite({
        name: `espruino, chunks of an ${board}`,
        start: async (port, names) => {
            const folder = mkdtempSync(join(tmpdir(), "toque-platform-"));
            const radio = new Radio(names);
            radio.move("127.0.0.1");
            const flash = new FlashFolder(folder);
            flash.write(".bootcde", await bundle());
            const standIn = new StandIn(new Screen(), radio, flash, chunkOctets, folder);
            await standIn.start();
            const program = standIn.program as unknown as Program;
            const reports: Reported[] = [];
            let wakes = 0;
            let fails = false;
            const app = (): void => {
                if (fails) throw new Error("asked to fail");
            };
            const device: Device = {
                report: (type, value) => void reports.push({ type, value }),
                wake: () => void wakes++,
                say: () => false,
            };
            return {
                platform: program.begin(port, app, device),
                reports,
                wakes: () => wakes,
                load: (name) => program.load(name),
                slotFiles: (name) => [join(folder, `toque-${name}0`), join(folder, `toque-${name}1`)],
                failHandler: (now) => (fails = now),
                close: () => {
                    void standIn.cut();
                    radio.dispose();
                    rmSync(folder, { recursive: true, force: true });
                },
            };
        },
    });
}
