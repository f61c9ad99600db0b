import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBuilt } from "../../bin/built.mjs";
import { MODULE } from "../../device/espruino/files.ts";
import type { Board, DeviceOptions, EmulatedDevice } from "../device.ts";
import { EmulatedBoard } from "../emulated-board.ts";
import { Radio } from "../radio.ts";
import { Screen } from "../screen.ts";
import { slotFiles } from "../settings.ts";
import { FlashFolder } from "./flash-folder.ts";
import { checkProgram, describe } from "./gate/gate.ts";
import { Genuine, findInterpreter } from "./genuine.ts";
import { StandIn } from "./stand-in.ts";

/** An ESP32's; an ESP8266 has half. */
const CHUNK_OCTETS = 536;

const DIST = fileURLToPath(new URL("../../dist/espruino/", import.meta.url));
const HANDS = fileURLToPath(new URL("hands.js", import.meta.url));
const WATCH = fileURLToPath(new URL("watch.js", import.meta.url));

/** The files in flash that the interpreter runs, in their order. */
const PROGRAMS = [".boot0", ".boot1", ".boot2", ".bootcde"];

/** An application that takes every message. */
const TAKES = 'toque.on("message", function () {});\n';

/** What a person would flash: the program, the application, settings and credentials. And the emulator's own `.boot1`, unless it is to be bare. */
function flashedFiles(options: DeviceOptions): Map<string, string> {
    if (options.program === undefined) checkBuilt(DIST, 'run "npm run build", or install Toque again.');
    const program = options.program ?? join(DIST, "toque.js");
    const { app, bare = false } = options;
    const files = new Map([
        [".boot0", readFileSync(program, "latin1")],
        ["toque", MODULE],
        [".boot1", bare ? "" : readFileSync(WATCH, "latin1")],
        // a program that takes every message, or measures memory, has nothing in its hands
        [".boot2", bare || app === undefined ? "" : readFileSync(HANDS, "latin1")],
        [".bootcde", app === undefined ? (bare ? "" : TAKES) : readFileSync(app, "latin1")],
    ]);
    for (const [name, data] of slotFiles(options)) files.set(name, data);
    return files;
}

/** Puts a board together and turns it on. @param make gets the folder for its flash */
async function startBoard(
    options: DeviceOptions,
    make: (folder: string, screen: Screen, radio: Radio) => Promise<Board>,
): Promise<EmulatedDevice> {
    const folder = options.flashDir ?? mkdtempSync(join(tmpdir(), "toque-espruino-"));
    const removeFolder = (): void => {
        if (options.flashDir === undefined) rmSync(folder, { recursive: true, force: true });
    };
    const screen = new Screen();
    const radio = new Radio(options.names);
    const board = await make(folder, screen, radio).catch((error: unknown) => {
        removeFolder();
        throw error;
    });
    const device = new EmulatedBoard(options, board, screen, radio, removeFolder);
    await device.powerOn().catch(async (error: unknown) => {
        await device.close();
        throw error;
    });
    return device;
}

/** The built bundle in the stand-in. */
export function startStandIn(options: DeviceOptions): Promise<EmulatedDevice> {
    return startBoard(options, async (folder, screen, radio) => {
        const flash = new FlashFolder(folder);
        for (const [name, data] of flashedFiles(options)) {
            const findings = PROGRAMS.includes(name) ? checkProgram(data, { asciiOnly: name === ".boot0" }) : [];
            if (findings.length > 0) throw new Error(describe(findings, name));
            if (data === "") flash.erase(name);
            else flash.write(name, data);
        }
        const chunkOctets = options.chunkOctets ?? CHUNK_OCTETS;
        return new StandIn(screen, radio, flash, chunkOctets, folder, options.clock === "hand");
    });
}

/** The built bundle in the genuine interpreter. */
export function startEspruino(options: DeviceOptions): Promise<EmulatedDevice> {
    return startBoard(options, (folder, screen, radio) =>
        Genuine.create(findInterpreter(options.interpreter), folder, screen, radio, options, flashedFiles),
    );
}
