/** `npm run size`: builds both bundles and holds what they take on a board to its budgets: memory hard, files softly. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { buildAll } from "../bundler/build.ts";
import { NODEMCU_BUNDLE } from "../bundler/lua/build.ts";
import { ESPRUINO_BUNDLE } from "../bundler/espruino/build.ts";
import { BuildError, ROOT } from "../bundler/output.ts";

/*
 * Memory is what a board lacks: an ESP8266 has 1,600 variables with Espruino and 40 KB of heap with NodeMCU. Flash is plentiful: 192 KB
 * of Storage, hundreds of KB of files. So memory fails the command, and a file only beyond twice what is comfortable to send and parse.
 */
const ONLINE_VARS = 340;
const PEAK_VARS: Record<string, number> = { 60: 460, 900: 700 };
const ONLINE_HEAP = 12_288;
const PEAK_HEAP: Record<string, number> = { 60: 19_750, 900: 22_850 };
const ESPRUINO_FILE = { most: 12_288, outer: 24_576 };
const NODEMCU_FILE = { most: 20_480, outer: 40_960 };

/** What was measured, the most it is to be, and the most it may be before the command fails. */
interface Line {
    name: string;
    measured: number;
    most?: number;
    outer?: number;
    unit: string;
}

interface Variables {
    board: number;
    total: number;
    online: number;
    peaks: Record<string, number>;
}

interface Heap {
    interpreter: string;
    online: number;
    used: number;
    rises: Record<string, number>;
}

function fileLines(): Line[] {
    const octets = (path: string): number => readFileSync(path).length;
    return [
        { name: "Espruino file", measured: octets(ESPRUINO_BUNDLE), ...ESPRUINO_FILE, unit: "octets" },
        { name: "NodeMCU file", measured: octets(NODEMCU_BUNDLE), ...NODEMCU_FILE, unit: "octets" },
    ];
}

/** Runs a measurement in a process of its own. @returns its lines of JSON */
function measure(script: string): unknown[] {
    const args = ["--import", "tsx", script, "--json"];
    const output = execFileSync(process.execPath, args, {
        cwd: ROOT,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
    });
    return output
        .split("\n")
        .filter((line) => line !== "")
        .map((line): unknown => JSON.parse(line));
}

function isSet(variable: string, what: string): boolean {
    const set = (process.env[variable] ?? "") !== "";
    if (!set) console.log(`skip ${variable} is not set: ${what}`);
    return set;
}

function variableLines(): Line[] {
    if (!isSet("ESPRUINO_8266", "JsVars, on an Espruino with an ESP8266's 1,600 variables")) return [];
    const [{ board, total, online, peaks }] = measure("test/bench/boards/espruino-variables.ts") as [Variables];
    const unit = `JsVars (${board} of them the board's own, there are ${total})`;
    const atPeak = Object.entries(peaks).map(([octets, measured]): Line => ({
        name: `Espruino, while a push of ${octets} octets is handled`,
        measured,
        most: PEAK_VARS[octets],
        unit,
    }));
    return [{ name: "Espruino, online and at rest", measured: online, most: ONLINE_VARS, unit }, ...atPeak];
}

function heapLines(): Line[] {
    isSet("NODEMCU_LUA", "Lua heap on the firmware's own Lua 5.1");
    isSet("NODEMCU_LUA53", "Lua heap on the firmware's own Lua 5.3");
    const heaps = measure("test/bench/boards/lua-heap.ts") as Heap[];
    return heaps.flatMap(({ interpreter, online, used, rises }) => {
        // Lua for 64-bit pointers takes half as much again, so only the firmware's own is held to the budget
        const own = interpreter.startsWith("nodemcu");
        const line = (what: string, measured: number, most?: number): Line => ({
            name: `Lua heap on ${interpreter}, ${what}`,
            measured,
            most: own ? most : undefined,
            unit: "octets",
        });
        return [
            line("online and at rest", online, ONLINE_HEAP),
            line("after 20 messages and 10 connections", used),
            ...Object.entries(rises).map(([octets, rise]) =>
                line(`while a push of ${octets} octets is handled`, online + rise, PEAK_HEAP[octets]),
            ),
        ];
    });
}

/** Prints a line. @returns false when it is over what it may be */
function show({ name, measured, most, outer = most, unit }: Line): boolean {
    const good = outer === undefined || measured <= outer;
    const word = !good ? "OVER" : most === undefined ? "    " : measured > most ? "much" : "ok  ";
    console.log(`${word} ${name}: ${measured} ${most === undefined ? "" : `of ${most} `}${unit}`);
    return good;
}

try {
    await buildAll();
    const good = [fileLines, variableLines, heapLines].map((lines) => lines().map(show).every(Boolean));
    if (!good.every(Boolean)) process.exitCode = 1;
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
