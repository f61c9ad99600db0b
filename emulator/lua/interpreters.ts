import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { startChild } from "./child-machine.ts";
import { startFengari } from "./fengari-machine.ts";
import type { BoardKind, Interpreter, LuaMachine, MachineListener } from "./machine.ts";

/** The environment variables that name the firmware's own Lua, built for this machine. */
const VARIABLES = { nodemcu51: "NODEMCU_LUA", nodemcu53: "NODEMCU_LUA53" } as const;

function inPath(name: string): string | undefined {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
        try {
            accessSync(join(folder, name), constants.X_OK);
            return join(folder, name);
        } catch {
            continue;
        }
    }
    return undefined;
}

function program(interpreter: Exclude<Interpreter, "fengari">): string | undefined {
    if (interpreter === "lua5.1" || interpreter === "lua5.3") return inPath(interpreter);
    return process.env[VARIABLES[interpreter]] || undefined; // empty is as good as not set
}

/** The interpreter's path. Throws a sentence when it is not here. */
export function findLua(interpreter: Exclude<Interpreter, "fengari">): string {
    const path = program(interpreter);
    if (path === undefined) throw new Error(String(missing(interpreter)));
    return path;
}

/** Why this Lua cannot be used here, or false: made for a test's `skip`. */
export function missing(interpreter: Interpreter): string | false {
    if (interpreter === "fengari" || program(interpreter) !== undefined) return false;
    if (interpreter === "lua5.1" || interpreter === "lua5.3")
        return `${interpreter} is not installed: apt-get install ${interpreter}`;
    return `${VARIABLES[interpreter]} is not set: the firmware's own Lua ${interpreter === "nodemcu51" ? "5.1" : "5.3"}`;
}

export function startMachine(
    interpreter: Interpreter,
    kind: BoardKind,
    mac: string,
    listener: MachineListener,
): LuaMachine {
    if (interpreter === "fengari") return startFengari(kind, mac, listener);
    return startChild(findLua(interpreter), kind, mac, listener);
}

/** Lua 5.1 with 50 locals a function is what the board may be: the others would let more pass. */
export function isLua51(interpreter: Interpreter): boolean {
    return interpreter === "lua5.1" || interpreter === "nodemcu51";
}
