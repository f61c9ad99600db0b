import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderFlash } from "../../device/host/flash.ts";
import { createPlatform } from "../../device/host/start.ts";
import { Radio } from "../../emulator/radio.ts";
import { runPlatformSuite, type HandlerDoes } from "./platform.ts";
import type { Input } from "../../device/core/events.ts";

runPlatformSuite({
    name: "host",
    start: (port, names) => {
        const folder = mkdtempSync(join(tmpdir(), "toque-platform-"));
        const radio = new Radio(names);
        radio.move("127.0.0.1");
        const flash = folderFlash(folder);
        const reports: Input[] = [];
        let wakes = 0;
        let does: HandlerDoes = "returns";
        const platform = createPlatform(
            {
                flash,
                network: radio,
                chip: "test",
                handle: () => {
                    if (does === "throws") throw new Error("asked to fail");
                    return does !== "postpones";
                },
                show: () => undefined,
            },
            { host: "127.0.0.1", port },
            (input) => {
                if (input.type === "tick") wakes++;
                else reports.push(input);
            },
        );
        return Promise.resolve({
            platform,
            reports,
            wakes: () => wakes,
            load: (name) => flash.load(name),
            slotFiles: (name) => [join(folder, `toque-${name}0`), join(folder, `toque-${name}1`)],
            setHandler: (how) => (does = how),
            close: () => {
                platform.stop();
                radio.dispose();
                rmSync(folder, { recursive: true, force: true });
            },
        });
    },
});
