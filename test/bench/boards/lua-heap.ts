/**
 * `node --import tsx test/bench/boards/lua-heap.ts`: the Lua heap that the built bundle takes, online and at rest, after some use, and by how
 * much it rises while a push is handled. One line of JSON for each Lua that is here.
 *
 * Measured is the difference to the same board without the bundle, after full collections. The emulated firmware's own tables do not
 * count, as on a board, where sockets and timers are C structures outside of Lua's heap. The firmware's own Lua (NODEMCU_LUA,
 * NODEMCU_LUA53) with 32-bit pointers has a board's layout of functions, strings and tables: those are the numbers that have a budget.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { missing } from "../../../emulator/lua/interpreters.ts";
import { INTERPRETERS } from "../../../emulator/lua/machine.ts";
import type { Interpreter } from "../../../emulator/lua/machine.ts";
import { programs, startLuaBoard } from "../../../emulator/lua/start.ts";
import { Measured } from "./online.ts";

const COLLECT = fileURLToPath(new URL("collect.lua", import.meta.url));

/** Lua doubles its table of strings when there are many at once, and halves it in a collection: it is to have one size with the bundle and without. */
const STRINGS = `(function() local many = {} for i = 1, 3000 do many[i] = "string " .. i end end)() for _ = 1, 10 do collectgarbage() end`;

/** The handler is the application's: without the bundle it is there, too. */
const HANDLER = "function takes() end";
const APP = Buffer.from('toque.on("message", takes)');
const MESSAGES = 20;
const CONNECTIONS = 10;

/** In octets of Lua's heap. */
export interface Heap {
    interpreter: Interpreter;
    online: number;
    /** after some messages and connections */
    used: number;
    /** how much more is needed while a push of so many octets is handled */
    rises: Record<number, number>;
}

/** @param first Lua that runs before the bundle @param runs false: the bundle stays in flash, for the emulated flash is in Lua's heap too */
function start(interpreter: Interpreter, toque: Buffer, first: string, runs = true): Promise<Measured> {
    const files = new Map([
        ["first.lua", Buffer.from(`${STRINGS}\n${first}`, "latin1")],
        ["toque.lua", toque],
        ["app.lua", APP],
    ]);
    const boots = runs ? ["first.lua", "toque.lua", "app.lua"] : ["first.lua"];
    return Measured.start({ startsDown: !runs }, (options) =>
        startLuaBoard(options, { interpreter, programs: files, boots }),
    );
}

/** @param octets of the pushes that are measured @param toque the bundle */
export async function measureHeap(
    interpreter: Interpreter,
    octets: number[],
    toque = programs().get("toque.lua")!,
): Promise<Heap> {
    const empty = await start(interpreter, toque, HANDLER, false);
    const without = await empty.atRest().finally(() => empty.close());
    const board = await start(interpreter, toque, HANDLER);
    let [online, used] = [0, 0];
    try {
        await board.online();
        online = (await board.atRest()) - without;
        for (let i = 1; i <= MESSAGES; i++) await board.push(`message ${i}`);
        for (let i = 0; i < CONNECTIONS; i++) {
            await board.device.setAddress(`127.0.0.${i + 2}`);
            await board.online();
        }
        used = (await board.atRest()) - without;
    } finally {
        await board.close();
    }
    return { interpreter, online, used, rises: await measureRises(interpreter, octets, toque) };
}

/** Pushes of one size: what they need differs with what the collector has just freed. */
const TIMES = 5;
/** Octets of a push before those: the board has handled its hello by then. */
const FIRST_OCTETS = 200;

async function measureRises(interpreter: Interpreter, octets: number[], toque: Buffer): Promise<Heap["rises"]> {
    const board = await start(interpreter, toque, readFileSync(COLLECT, "latin1"));
    const rises: Heap["rises"] = {};
    const rise = async (size: number): Promise<number> => {
        const before = board.device.screen.length;
        const read = (): number | undefined =>
            board.device.screen
                .slice(before)
                .map((line) => /^#rise (\d+) (\d+)$/.exec(line) ?? [])
                .flatMap(([, piece, rose]) => (Number(piece) > size ? [Number(rose)] : []))[0];
        if (!(await board.push("x".repeat(size)))) throw new Error(`${interpreter}: a push was not acknowledged.`);
        await board.device.until(() => read() !== undefined);
        return read()!;
    };
    try {
        await board.online();
        await rise(FIRST_OCTETS);
        for (const size of octets)
            for (let i = 0; i < TIMES; i++) rises[size] = Math.max(rises[size] ?? 0, await rise(size));
    } finally {
        await board.close();
    }
    return rises;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    for (const interpreter of INTERPRETERS)
        if (interpreter !== "fengari" && missing(interpreter) === false)
            console.log(JSON.stringify(await measureHeap(interpreter, [60, 900])));
}
