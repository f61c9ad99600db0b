import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBuilt } from "../../bin/built.mjs";
import { HandClock, wallClock } from "../clock.ts";
import type { DeviceOptions, EmulatedDevice, StartDevice } from "../device.ts";
import { EmulatedBoard } from "../emulated-board.ts";
import { Radio } from "../radio.ts";
import { slotFiles } from "../settings.ts";
import { Screen } from "../screen.ts";
import { LuaBoard } from "./board.ts";
import type { BoardOptions } from "./board.ts";
import { FlashFolder } from "./flash-folder.ts";
import { missing } from "./interpreters.ts";
import { INTERPRETERS } from "./machine.ts";
import type { Interpreter } from "./machine.ts";

const DIST = new URL("../../dist/nodemcu/", import.meta.url);

/** TCP's largest segment, and so the largest piece that `net` receives. */
const SEGMENT_OCTETS = 1460;

/** `interpreter` as people write it: "5.1", "lua5.3", "nodemcu" … Without one, it is fengari. */
export function readInterpreter(name: string | undefined): Interpreter {
    const known: Record<string, Interpreter> = {
        "5.1": "lua5.1",
        "5.3": "lua5.3",
        nodemcu: "nodemcu51",
        lua: "fengari",
    };
    const interpreter = name === undefined ? "fengari" : (known[name] ?? name);
    if (!INTERPRETERS.includes(interpreter as Interpreter))
        throw new Error(`There is no Lua "${interpreter}": use ${INTERPRETERS.join(", ")}.`);
    return interpreter as Interpreter;
}

/** What `npm run build` made for the board, by file name. */
export function programs(folder = fileURLToPath(DIST)): Map<string, Buffer> {
    checkBuilt(folder, 'run "npm run build", or install Toque again.');
    const names = readdirSync(folder).filter((name) => name.endsWith(".lua"));
    return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** An application that takes every message; and what a person would type who does not want to wait for init.lua's grace. */
const TAKES = Buffer.from('require("toque").on("message", function() end)');
const START = Buffer.from("start()");

/** What a person would flash: Toque, and the application. */
function flashed({ app, bare }: DeviceOptions): Map<string, Buffer> {
    const files = programs().set("start.lua", START);
    if (app !== undefined) files.set("app.lua", readFileSync(app));
    else if (bare !== true) files.set("app.lua", TAKES);
    return files;
}

/** Starts a NodeMCU board: an ESP8266 by default, without init.lua's grace. @param more what only a Lua board has */
export async function startLuaBoard(options: DeviceOptions, more: Partial<BoardOptions> = {}): Promise<EmulatedDevice> {
    const interpreter = more.interpreter ?? readInterpreter(options.interpreter);
    const why = missing(interpreter);
    if (why !== false) throw new Error(why);
    if (options.ca !== undefined) throw new Error("The NodeMCU board has no TLS: its net module is plain TCP.");
    const folder = options.flashDir ?? mkdtempSync(join(tmpdir(), "toque-nodemcu-"));
    const flash = more.flash ?? new FlashFolder(folder);
    const radio = new Radio(options.names);
    const screen = new Screen();
    for (const [name, data] of slotFiles(options)) flash.put(name, Buffer.from(data, "latin1"));
    const board = new LuaBoard(
        {
            interpreter,
            kind: options.kind ?? "esp8266",
            flash,
            clock: options.clock === "hand" ? new HandClock() : wallClock(),
            programs: more.programs ?? flashed(options),
            boots: ["init.lua", "start.lua"],
            bare: options.bare === true,
            chunkOctets: options.chunkOctets ?? SEGMENT_OCTETS,
            startUs: 0,
            onNewAddress: "abort",
            ...more,
        },
        screen,
        radio,
    );
    const device = new EmulatedBoard(options, board, screen, radio);
    if (options.flashDir === undefined) {
        const close = device.close.bind(device);
        device.close = async () => {
            await close();
            rmSync(folder, { recursive: true, force: true });
        };
    }
    await device.powerOn();
    return device;
}

export const startLua: StartDevice = (options) => startLuaBoard(options);
