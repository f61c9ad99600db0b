import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Radio } from "../../../emulator/radio.ts";
import { Screen } from "../../../emulator/screen.ts";
import { LuaBoard } from "../../../emulator/lua/board.ts";
import type { BoardOptions } from "../../../emulator/lua/board.ts";
import { HandClock } from "../../../emulator/clock.ts";
import { FlashFolder } from "../../../emulator/lua/flash-folder.ts";
import { missing } from "../../../emulator/lua/interpreters.ts";
import { INTERPRETERS } from "../../../emulator/lua/machine.ts";
import type { BoardKind, Interpreter } from "../../../emulator/lua/machine.ts";

/** One board on a test's bench: it stands still unless the test turns its clock. */
export interface Bench {
    board: LuaBoard;
    clock: HandClock;
    flash: FlashFolder;
    radio: Radio;
    screen: Screen;
    /** why the program ended, if it did */
    gone: string[];
    /** Turns the clock on by so many milliseconds. */
    turn(ms: number): Promise<void>;
    /** Resolves when the screen shows this line, in octets' text. */
    shows(line: string): Promise<void>;
}

/** Longer than anything takes on a busy machine. */
const PATIENCE_MS = 30_000;

/** Puts a board on the bench, off, its Wi-Fi down. @param programs Lua by file name; they are run in this order at `start` */
export function putOnBench(
    t: TestContext,
    interpreter: Interpreter,
    programs: Record<string, string>,
    more: Partial<BoardOptions> = {},
): Bench {
    const folder = mkdtempSync(join(tmpdir(), "toque-bench-"));
    const clock = new HandClock();
    const flash = new FlashFolder(folder);
    const radio = new Radio();
    const screen = new Screen();
    const gone: string[] = [];
    const board = new LuaBoard(
        {
            interpreter,
            kind: "esp8266",
            flash,
            clock,
            programs: new Map(Object.entries(programs).map(([name, lua]) => [name, Buffer.from(lua, "latin1")])),
            boots: Object.keys(programs),
            chunkOctets: 1460,
            startUs: 0,
            onNewAddress: "abort",
            ...more,
        },
        screen,
        radio,
    );
    screen.events.on("gone", (why) => gone.push(why));
    t.after(async () => {
        radio.dispose();
        await board.dispose();
        rmSync(folder, { recursive: true, force: true });
    });

    function shows(line: string): Promise<void> {
        return new Promise((resolve, reject) => {
            const look = (): void => {
                if (!screen.lines.includes(line)) return;
                clearTimeout(timer);
                screen.events.off("line", look);
                resolve();
            };
            const timer = setTimeout(() => {
                screen.events.off("line", look);
                reject(
                    new Error(`No line "${line}" on the screen, but:\n${screen.lines.join("\n")}\n${gone.join("\n")}`),
                );
            }, PATIENCE_MS);
            screen.events.on("line", look);
            look();
        });
    }

    return { board, clock, flash, radio, screen, gone, turn: (ms) => clock.turn(ms, () => board.settled()), shows };
}

/** Gives the board a link from this address on. */
export async function joinWifi(bench: Bench, address = "127.0.0.7"): Promise<void> {
    bench.radio.move(address);
    await bench.board.wifi("connected", address);
}

/** A TCP server of the test. */
export async function listen(t: TestContext, connected: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
        connected(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
    });
    return (server.address() as { port: number }).port;
}

/** Each Lua, and why it cannot be tried here. Not lua5.3, whose integers no firmware has; the conformance suite plays on it, too. */
export const LUAS = INTERPRETERS.filter((interpreter) => interpreter !== "lua5.3").map((interpreter) => ({
    interpreter,
    skip: missing(interpreter),
}));

/** Each Lua with each firmware it can be in. */
export const BOARDS = LUAS.flatMap((lua) => (["esp8266", "esp32"] as BoardKind[]).map((kind) => ({ ...lua, kind })));
