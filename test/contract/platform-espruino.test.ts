import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../bundler/output.ts";
import type { Input } from "../../device/core/events.ts";
import { FlashFolder } from "../../emulator/espruino/flash-folder.ts";
import { StandIn } from "../../emulator/espruino/stand-in.ts";
import { Radio } from "../../emulator/radio.ts";
import { Screen } from "../../emulator/screen.ts";
import { runPlatformSuite } from "./platform.ts";
import type { Asked, HandlerDoes } from "./platform.ts";

/** The board's platform alone, the suite in the device's place. */
const PROGRAM = `
    import { find } from "./device/espruino/flash.ts";
    import { look, LOOK_MS } from "./device/espruino/link.ts";
    import { nowMs, perform } from "./device/espruino/platform.ts";
    import { wires } from "./device/espruino/wires.ts";
    global.load = function (name) { return find(name).text || undefined; };
    global.begin = function (port, app, report) {
        wires.settings = { host: "", port: port };
        wires.application = { message: app, timer: setInterval(look, LOOK_MS) };
        wires.device = report;
        report.session = { board: { packetOctets: 1024 }, pieces: [] };
        return { nowMs: nowMs, perform: perform };
    };`;

/** In the place of device/drive.ts: what the platform reports goes to the suite. */
const DRIVE =
    "export function hear(device, input) { device(input); } export const report = hear; export const say = hear;";

/** What the program gives the suite. */
interface Program {
    load(name: string): string | undefined;
    begin(port: number, app: () => boolean, report: (input: Input) => void): Asked;
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
        plugins: [
            {
                name: "suite",
                setup: (made) => {
                    made.onLoad({ filter: /device[\\/]drive\.ts$/ }, () => ({ contents: DRIVE, loader: "js" }));
                },
            },
        ],
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
            flash.write(".boot0", await bundle());
            const standIn = new StandIn(new Screen(), radio, flash, chunkOctets, folder);
            await standIn.start();
            const program = standIn.program as unknown as Program;
            const reports: Input[] = [];
            let wakes = 0;
            let does: HandlerDoes = "returns";
            const app = (): boolean => {
                if (does === "throws") throw new Error("asked to fail");
                return does !== "postpones";
            };
            // it wakes the device by reporting the link
            const report = (input: Input): void => {
                if (input.type === "linkDown") wakes++;
                else reports.push({ ...input }); // an object of another realm is never deeply equal
            };
            return {
                platform: program.begin(port, app, report),
                reports,
                wakes: () => wakes,
                load: (name) => program.load(name),
                slotFiles: (name) => [join(folder, `toque-${name}0`), join(folder, `toque-${name}1`)],
                setHandler: (how) => (does = how),
                close: () => {
                    void standIn.cut();
                    radio.dispose();
                    rmSync(folder, { recursive: true, force: true });
                },
            };
        },
    });
}
