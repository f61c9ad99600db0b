/** `npm run size`: builds both bundles and holds them, and the memory they take on a board, to their budgets. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { NODEMCU_BUNDLE, buildAll } from "../bundler/build.ts";
import { BuildError, ROOT } from "../bundler/output.ts";
import { ESPRUINO_BUNDLE } from "../bundler/espruino/build.ts";

/*
 * What was planned, and what was reached on 2026-11-23:
 *
 * - Espruino bundle 8,192 octets: 8,035, in the firmware's own octets for words and operators (espruino-tokens.ts); 9,074 in letters.
 * - JsVars from flash 300: 294, the board's own 48 included, 890 with all functions in memory. Of a function that is only ever called
 *   nothing is in memory while it does not run (espruino-overlay.ts). The session, the socket, the interval, the handlers that the
 *   firmware calls and the three functions of `toque` have to last.
 * - JsVars from RAM 600: a few more than from flash, for the application is in RAM then, and Toque is where it was. Its text alone would be
 *   670 variables; Espruino's own MQTT.js does not come online from RAM.
 * - NodeMCU bundle 8,192 octets: 7,987, what is frequent being one octet (lua-words.ts); 10,686 without.
 * - Lua heap 12 KB: 11.3 and 9.6, from the file as it is. With all functions in memory it was 36, which an ESP8266 has not.
 */
const ESPRUINO_OCTETS = 8192;
const NODEMCU_OCTETS = 8192;
const FLASH_VARS = 300;
const RAM_VARS = 600;
const HEAP_OCTETS = 12288;

/** A line of the table: what was measured, and the most it may be. Undefined: nobody promised anything. */
interface Line {
    name: string;
    measured: number | undefined;
    most: number | undefined;
    unit: string;
}

interface VarsRow {
    program: string;
    from: string;
    vars?: { usedVars: number; boardVars: number; totalVars: number };
}

interface Heap {
    interpreter: string;
    online: number;
    used: number;
}

function bundleLines(): Line[] {
    const octets = (path: string): number => readFileSync(path).length;
    return [
        { name: "Espruino bundle", measured: octets(ESPRUINO_BUNDLE), most: ESPRUINO_OCTETS, unit: "octets" },
        { name: "NodeMCU bundle", measured: octets(NODEMCU_BUNDLE), most: NODEMCU_OCTETS, unit: "octets" },
    ];
}

/** Runs a measurement of the emulator's in a process of its own. @returns its lines of JSON */
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

function varsLines(): Line[] {
    if (!isSet("ESPRUINO_8266", "JsVars, on an Espruino with an ESP8266's 1,600 variables")) return [];
    isSet("ESPRUINO_MQTT", "JsVars of Espruino's own MQTT.js, for comparison");
    const [rows] = measure("test/emulator/espruino/compare.ts") as [VarsRow[]];
    return rows.map(({ program, from, vars }) => ({
        name: `${program} from ${from}, online and at rest`,
        measured: vars?.usedVars,
        most: program !== "Toque" ? undefined : from === "RAM" ? RAM_VARS : FLASH_VARS,
        unit:
            vars === undefined
                ? "JsVars"
                : `JsVars (${vars.boardVars} of them the board's own, ${vars.totalVars} there are)`,
    }));
}

function heapLines(): Line[] {
    isSet("NODEMCU_LUA", "Lua heap on the firmware's own Lua 5.1");
    isSet("NODEMCU_LUA53", "Lua heap on the firmware's own Lua 5.3");
    const heaps = measure("test/emulator/lua/measure.ts") as Heap[];
    return heaps.flatMap(({ interpreter, online, used }) => {
        const own = interpreter.startsWith("nodemcu"); // the others have 64-bit pointers, as no board has
        const line = (what: string, measured: number, most?: number): Line => ({
            name: `heap on ${interpreter}, ${what}`,
            measured,
            most: own ? most : undefined,
            unit: "octets",
        });
        return [line("online", online, HEAP_OCTETS), line("after 20 messages and 10 connections", used)];
    });
}

/** Prints a line. @returns false when it is over its budget, or cannot be measured though it has one */
function show({ name, measured, most, unit }: Line): boolean {
    const good = most === undefined || (measured !== undefined && measured <= most);
    const number = measured === undefined ? "does not fit," : String(measured);
    const limit = most === undefined ? "" : `of ${most} `;
    console.log(`${!good ? "OVER" : most === undefined ? "    " : "ok  "} ${name}: ${number} ${limit}${unit}`);
    return good;
}

try {
    await buildAll();
    const good = [bundleLines, varsLines, heapLines].map((lines) => lines().map(show).every(Boolean));
    if (!good.every(Boolean)) process.exitCode = 1;
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
