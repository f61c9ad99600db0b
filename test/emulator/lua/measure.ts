/**
 * How much of Lua's heap the bundle takes, online and at rest: `node --import tsx test/emulator/lua/measure.ts [--json]`.
 *
 * Measured is the difference to the heap before the bundle was loaded, both after a full collection, so the emulated firmware's own
 * tables do not count, but its sockets and timers do: they are C structures outside of Lua's heap on a board. How the numbers relate to
 * one: the firmware's own Lua (NODEMCU_LUA, NODEMCU_LUA53), built for 32-bit pointers, has the board's layout of functions, strings and
 * tables, and 5.3 its numbers too; that is the number to hold against the budget. A 64-bit Lua takes about half as much again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { frame } from "../../../device/slots.ts";
import { Radio } from "../../../emulator/radio.ts";
import { Screen } from "../../../emulator/screen.ts";
import { LuaBoard } from "../../../emulator/lua/board.ts";
import { wallClock } from "../../../emulator/lua/clock.ts";
import { FlashFolder } from "../../../emulator/lua/flash-folder.ts";
import { missing } from "../../../emulator/lua/interpreters.ts";
import type { Interpreter } from "../../../emulator/lua/machine.ts";
import { INTERPRETERS } from "../../../emulator/lua/machine.ts";
import { programs } from "../../../emulator/lua/start.ts";
import { greet, push, ROUTE, SECRET } from "../../runtimes/stage.ts";
import { eventually } from "../../support/eventually.ts";
import { ScriptedGateway } from "../../support/scripted-gateway.ts";
import type { Peer } from "../../support/scripted-gateway.ts";

/** Octets of heap that the bundle takes. */
export interface Heap {
    interpreter: Interpreter;
    /** its code ran, and it waits for the Wi-Fi */
    loaded: number;
    /** registered, and nothing to do */
    online: number;
    /** the same after some messages and connections */
    used: number;
}

const MESSAGES = 20;
const CONNECTIONS = 10;

/** @param interpreter not fengari, which has no heap of its own @param bundle toque.lua */
export async function measureHeap(interpreter: Interpreter, bundle = programs().get("toque.lua")!): Promise<Heap> {
    const folder = mkdtempSync(join(tmpdir(), "toque-heap-"));
    const gateway = await ScriptedGateway.listen();
    const radio = new Radio();
    const screen = new Screen();
    const flash = new FlashFolder(folder);
    const settings = `{"host":"127.0.0.1","port":${gateway.port},"number":"+34600111222","ssid":"some Wi-Fi","password":"its password"}`;
    flash.put("toque-config0", Buffer.from(frame(1, settings), "latin1"));
    const credentials = `{"route":"${ROUTE}","secret":"${SECRET}"}`;
    flash.put("toque-credentials0", Buffer.from(frame(1, credentials), "latin1"));
    const board = new LuaBoard(
        {
            interpreter,
            kind: "esp8266",
            flash,
            clock: wallClock(),
            programs: new Map([["toque.lua", bundle]]),
            boots: [],
            chunkOctets: 1460,
            startUs: 0,
            onNewAddress: "abort",
        },
        screen,
        radio,
    );
    const octets = async (): Promise<number> => (await board.memory()).used;
    /** Gives it an address. Resolves when it is online from there. */
    const online = async (address: string): Promise<Peer> => {
        const shown = screen.states.length;
        radio.move(address);
        await board.wifi("connected", address);
        const peer = await greet(await gateway.accept());
        const isOnline = (): boolean => screen.states.length > shown && screen.states.at(-1)?.state === "online";
        await eventually(() => `${interpreter}: ${screen.lines.slice(-5).join("; ")}`, isOnline);
        await board.settled();
        return peer;
    };
    try {
        await board.start();
        // Lua doubles its table of strings when there are many at once, and whether it ever halves it depends on what else is there
        await board.type('local many = {} for i = 1, 3000 do many[i] = "string " .. i end');
        const before = await octets();
        await board.boot("toque.lua");
        const loaded = (await octets()) - before;
        const peer = await online("127.0.0.1");
        const atRest = (await octets()) - before;
        for (let i = 1; i <= MESSAGES; i++) {
            peer.send(push(i, `message ${i}`));
            await peer.receive("puback");
            await board.settled();
        }
        for (let i = 0; i < CONNECTIONS; i++) await online(`127.0.0.${i + 2}`);
        const used = (await octets()) - before;
        return { interpreter, loaded, online: atRest, used };
    } finally {
        radio.dispose();
        await board.dispose();
        await gateway.close();
        rmSync(folder, { recursive: true, force: true });
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    for (const interpreter of INTERPRETERS) {
        if (interpreter === "fengari" || missing(interpreter) !== false) continue;
        const heap = await measureHeap(interpreter);
        if (process.argv.includes("--json")) console.log(JSON.stringify(heap));
        else
            console.log(
                `${interpreter}: ${heap.loaded} loaded, ${heap.online} online, ${heap.used} after use (octets)`,
            );
    }
}
