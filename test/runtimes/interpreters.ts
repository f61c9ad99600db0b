import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lauxlib, lua, lualib, to_luastring } from "fengari";
import { writeStorage } from "../../emulator/espruino/storage.ts";
import { findLua, missing } from "../../emulator/lua/interpreters.ts";
import { INTERPRETERS } from "../../emulator/lua/machine.ts";
import type { Interpreter } from "../../emulator/lua/machine.ts";
import { startDevice } from "../../emulator/start.ts";

/** Something that runs a program. */
export interface Machine {
    name: string;
    language: "espruino" | "lua";
    /** why it is not there, or false: made for a test's `skip` */
    skip: string | false;
    /** the largest string it has room for beside the program, in octets */
    roomOctets: number;
    /** Lines as octets read as UTF-8. The interpreter's errors are among them. */
    run(program: string): Promise<string[]>;
}

const DEADLINE_MS = 60_000;
/** An ESP8266 takes packets of 1,024 octets at most; its memory has no room for 4,096, and never sees them. */
const ESP8266_ROOM_OCTETS = 1500;

function runFengari(program: string): Promise<string[]> {
    const L = lauxlib.luaL_newstate();
    const printed: string[] = [];
    const text = (): string => Buffer.from(lua.lua_tolstring(L, 1) ?? []).toString("utf8");
    lualib.luaL_openlibs(L);
    lua.lua_pushcfunction(L, () => {
        printed.push(text());
        return 0;
    });
    lua.lua_setglobal(L, to_luastring("print"));
    const source = Buffer.from(program, "latin1");
    const fine =
        lauxlib.luaL_loadbuffer(L, source, source.length, to_luastring("=program")) === lua.LUA_OK &&
        lua.lua_pcall(L, 0, 0, 0) === lua.LUA_OK;
    if (!fine) printed.push(Buffer.from(lua.lua_tolstring(L, -1) ?? []).toString("utf8"));
    return Promise.resolve(printed);
}

/** Runs a Lua file in a process of its own. */
function runLua(interpreter: string, program: string): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), "toque-program-"));
    const file = join(folder, "program.lua");
    writeFileSync(file, program, "latin1");
    const child = spawn(interpreter, [file], { stdio: ["ignore", "pipe", "pipe"], timeout: DEADLINE_MS });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", () => {
            rmSync(folder, { recursive: true, force: true });
            resolve(printed.trimEnd().split("\n"));
        });
    });
}

/** Runs a program as `.boot0` from the interpreter's own flash. */
function runEspruino(interpreter: string, program: string): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), "toque-program-"));
    writeStorage(interpreter, folder, new Map([[".boot0", program]]));
    const child = spawn(interpreter, [], { cwd: folder, stdio: "pipe", timeout: DEADLINE_MS });
    child.stdin.on("error", () => undefined); // it is gone: "close" follows
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        // at the prompt it would wait for ever
        if (/#all answered|Execution Interrupted/.test(printed)) child.kill("SIGKILL");
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", () => {
            rmSync(folder, { recursive: true, force: true });
            // the prompt's own characters stand before the first line
            resolve(
                printed
                    .replace(/\x1b\[J|\r/g, "")
                    .trimEnd()
                    .split("\n"),
            );
        });
    });
}

/** Runs a program on the stand-in. */
async function runStandIn(program: string): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), "toque-program-"));
    const file = join(folder, "program.js");
    writeFileSync(file, program, "latin1");
    const gateway = { host: "127.0.0.1", port: 1 };
    const device = await startDevice({ runtime: "espruino-sim", gateway, program: file, startsDown: true });
    const printed = [...device.screen];
    await device.close();
    rmSync(folder, { recursive: true, force: true });
    return printed;
}

function luaMachine(interpreter: Interpreter): Machine {
    return {
        name: interpreter,
        language: "lua",
        skip: missing(interpreter),
        roomOctets: Infinity,
        run: (program) => (interpreter === "fengari" ? runFengari(program) : runLua(findLua(interpreter), program)),
    };
}

function espruinoMachine(variable: "ESPRUINO" | "ESPRUINO_8266", what: string): Machine {
    const path = process.env[variable];
    return {
        name: variable.toLowerCase().replace("_", "-"),
        language: "espruino",
        skip: path === undefined ? `${variable} is not set: ${what}` : false,
        roomOctets: variable === "ESPRUINO" ? Infinity : ESP8266_ROOM_OCTETS,
        run: (program) => runEspruino(path!, program),
    };
}

/** Every interpreter that one of the bundles may meet. */
export const MACHINES: readonly Machine[] = [
    { name: "espruino-sim", language: "espruino", skip: false, roomOctets: Infinity, run: runStandIn },
    espruinoMachine("ESPRUINO", "the genuine Espruino interpreter"),
    espruinoMachine("ESPRUINO_8266", "the same with 1,600 variables and without Unicode"),
    ...INTERPRETERS.map(luaMachine),
];
