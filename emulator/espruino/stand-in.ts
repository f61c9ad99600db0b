import { createHash } from "node:crypto";
import { compileFunction, createContext, runInContext } from "node:vm";
import type { Context } from "node:vm";
import { HandClock, turnClock, wallClock } from "../clock.ts";
import type { BoardClock } from "../clock.ts";
import type { Board, Memory, Names, Say } from "../device.ts";
import type { Radio } from "../radio.ts";
import type { Screen } from "../screen.ts";
import { removalScript } from "./absent.ts";
import type { FlashFolder } from "./flash-folder.ts";
import { handFile } from "./hand-files.ts";
import { pinGlobals, toUint8Array } from "./stand-in-pins.ts";
import { connectSocket } from "./stand-in-sockets.ts";

/** A timer of the program. */
interface Timer {
    callback: () => void;
    stop: () => void;
}

/** Chunks and JsVars as the boards have them: so many, of so many octets. */
const ESP8266_CHUNK_OCTETS = 268;
const ESP8266_VARS = { total: 1700, blocksize: 12 };
const ESP32_VARS = { total: 16383, blocksize: 14 };
/** Free room in Storage: more than a program ever asks for. */
const FREE_OCTETS = 65_536;
/** JsVars that the program takes at rest, as measured on the genuine interpreter (`npm run size`). */
const VARS_AT_REST = 300;

/**
 * A board without an interpreter: the bundle runs in a fresh context of Node's own engine that has just the Espruino interface of
 * globals.d.ts. Text is octets, as on boards built without Unicode. The gate finds what Espruino's parser would refuse.
 */
export class StandIn implements Board {
    readonly #screen: Screen;
    readonly #radio: Radio;
    readonly #flash: FlashFolder;
    readonly #chunkOctets: number;
    readonly #chip: string;
    readonly #clock: BoardClock;
    readonly #bornS: number;
    /** counts boots: callbacks of an earlier one do nothing */
    #boot = 0;
    #context: Context = {};
    #timers = new Map<number, Timer>();
    #wifi = new Map<string, (details: unknown) => void>();
    #address = "0.0.0.0";
    #clockShiftS = 0;
    #uncaught: ((error: unknown) => void) | undefined;
    /** files of `fs`: what hands.js reads */
    readonly #files = new Map<string, string>();

    constructor(
        screen: Screen,
        radio: Radio,
        flash: FlashFolder,
        chunkOctets: number,
        chipSeed: string,
        byHand = false,
    ) {
        this.#clock = byHand ? new HandClock() : wallClock();
        this.#bornS = (Date.now() - this.#clock.nowMs()) / 1000;
        if (byHand) screen.hands.nowMs = () => this.#clock.nowMs();
        this.#screen = screen;
        this.#radio = radio;
        this.#flash = flash;
        this.#chunkOctets = chunkOctets;
        this.#chip = createHash("sha256").update(chipSeed).digest("hex").slice(0, 12);
    }

    /** The program's globals, for tests. */
    get program(): Record<string, unknown> {
        return this.#context;
    }

    start(): Promise<void> {
        this.#boot++;
        this.#address = "0.0.0.0";
        this.#wifi = new Map();
        this.#uncaught = undefined;
        this.#context = createContext(this.#globals());
        runInContext("globalThis.global = globalThis;" + removalScript(), this.#context);
        for (const line of this.#screen.hands.inputs()) this.#keep(line);
        for (const filename of [".boot0", ".boot1", ".boot2", ".bootcde"]) {
            const program = this.#flash.read(filename) ?? "";
            this.#run(() => void runInContext(program, this.#context, { filename }));
        }
        this.#run(() => (this.#context.onInit as (() => void) | undefined)?.());
        return Promise.resolve();
    }

    cut(): Promise<void> {
        this.#boot++;
        for (const { stop } of this.#timers.values()) stop();
        this.#timers.clear();
        return Promise.resolve();
    }

    wifi(event: "connected" | "disconnected" | undefined, address: string): Promise<void> {
        const down = event === "disconnected";
        // an ESP32 goes on reporting the address it had
        this.#address = down && this.#chunkOctets === ESP8266_CHUNK_OCTETS ? "0.0.0.0" : address;
        const listener = event === undefined ? undefined : this.#wifi.get(event);
        const details = down ? { ssid: "emulated", reason: "beacon_timeout" } : { ip: address };
        if (listener !== undefined) this.#later(() => listener(details));
        return Promise.resolve();
    }

    input(line: string): Promise<void> {
        const moved = this.#keep(line);
        const move = this.#context._hands as ((pin: number) => void) | undefined;
        if (moved !== undefined && move !== undefined) this.#later(() => move(moved));
        return Promise.resolve();
    }

    #keep(line: string): number | undefined {
        const { name, octets, moved } = handFile(line);
        this.#files.set(name, octets.toString("latin1"));
        return moved;
    }

    turn(ms: number): Promise<void> {
        return turnClock(this.#clock, this.#radio, ms);
    }

    setNames(_names: Names): Promise<void> {
        return Promise.resolve(); // it asks the radio
    }

    failHandler(times: number): Promise<void> {
        this.#context.failing = times;
        return Promise.resolve();
    }

    say(what: Say): Promise<boolean> {
        const toque = this.#context.toque as { read(n: number): boolean; send(...what: unknown[]): boolean };
        const done = (why = "accepted"): void => this.#screen.print(`outcome: ${why}`);
        return Promise.resolve(what.say === "read" ? toque.read(what.sequence) : toque.send(what, done));
    }

    memory(): Promise<Memory> {
        return Promise.resolve({ used: process.memoryUsage().heapUsed, total: undefined, unit: "octets" });
    }

    dispose(): Promise<void> {
        return Promise.resolve();
    }

    /** Runs a piece of the program. An error that it does not catch goes to its listener, or to the screen, as on the board, and the program goes on. */
    #run(piece: () => void): void {
        try {
            piece();
        } catch (error) {
            if (this.#uncaught !== undefined) this.#uncaught(error);
            else this.#screen.print(`Uncaught ${String(error)}`);
        }
    }

    #later = (work: () => void): void => {
        const boot = this.#boot;
        setImmediate(() => {
            if (boot === this.#boot) this.#run(work);
        });
    };

    #nowS(): number {
        return this.#bornS + this.#clock.nowMs() / 1000 + this.#clockShiftS;
    }

    #startTimer(id: number, callback: () => void, delayMs: number, again: boolean): void {
        const arm = (): void => {
            const stop = this.#clock.after(Math.max(1, delayMs), () => {
                this.#timers.delete(id);
                if (again) arm();
                this.#run(callback);
            });
            this.#timers.set(id, { callback, stop });
        };
        arm();
    }

    #globals(): Record<string, unknown> {
        const boot = this.#boot;
        let lastTimer = 0;
        // without an argument all of them, and the numbers begin again
        const stopTimer = (...ids: (number | undefined)[]): void => {
            if (ids.length > 0 && ids[0] === undefined)
                throw new Error("clearTimeout(undefined) not allowed. Use clearTimeout() instead");
            if (ids.length === 0) lastTimer = 0;
            for (const id of ids.length === 0 ? [...this.#timers.keys()] : [ids[0]!]) {
                this.#timers.get(id)?.stop();
                this.#timers.delete(id);
            }
        };
        const print = (...values: unknown[]): void => {
            if (boot === this.#boot) this.#screen.print(values.map(String).join(" "));
        };
        return {
            print,
            console: { log: print },
            getTime: () => this.#nowS(),
            atob: (base64: string) => Buffer.from(base64, "base64").toString("latin1"),
            setTime: (timeS: number) => (this.#clockShiftS += timeS - this.#nowS()),
            getSerial: () => this.#chip.replace(/(.{4})(?=.)/g, "$1-"),
            setTimeout: (callback: () => void, delayMs: number) => {
                this.#startTimer(++lastTimer, callback, delayMs, false);
                return lastTimer;
            },
            setInterval: (callback: () => void, periodMs: number) => {
                this.#startTimer(++lastTimer, callback, periodMs, true);
                return lastTimer;
            },
            changeInterval: (id: number, periodMs: number) => {
                const timer = this.#timers.get(id);
                if (timer === undefined) throw new Error("Unknown Interval");
                timer.stop();
                this.#startTimer(id, timer.callback, periodMs, true);
            },
            clearTimeout: stopTimer,
            clearInterval: stopTimer,
            ...pinGlobals(),
            // its memory is never out
            E: { getErrorFlags: () => [], reboot: () => undefined, enableWatchdog: () => undefined, toUint8Array },
            process: {
                env: { VERSION: "2v29" },
                on: (_: string, listener: (error: unknown) => void) => (this.#uncaught = listener),
                memory: () => {
                    const vars = this.#chunkOctets === ESP8266_CHUNK_OCTETS ? ESP8266_VARS : ESP32_VARS;
                    return { ...vars, usage: VARS_AT_REST, free: vars.total - VARS_AT_REST };
                },
            },
            require: this.#createRequire(),
        };
    }

    #createRequire(): (name: string) => unknown {
        const net = {
            connect: (options: { host: string; port: number; ca?: string }, connected: () => void) =>
                connectSocket(this.#radio, this.#later, this.#chunkOctets, options, connected),
        };
        const storage = {
            read: (name: string) => this.#flash.read(name),
            write: (name: string, data: string) => {
                this.#flash.write(name, data);
                return true;
            },
            getFree: () => FREE_OCTETS,
            compact: () => {},
        };
        const fs = {
            readFileSync: (name: string) => {
                const octets = this.#files.get(name);
                if (octets === undefined) throw new Error("Could not open file");
                return octets;
            },
        };
        const modules = new Map<string, unknown>(
            Object.entries({ net, tls: net, Wifi: this.#createWifi(), Storage: storage, fs }),
        );
        return (name) => {
            if (!modules.has(name)) modules.set(name, this.#loadModule(name));
            return modules.get(name);
        };
    }

    #loadModule(name: string): unknown {
        const source = this.#flash.read(name);
        if (source === undefined) throw new Error(`Module "${name}" not found`);
        const module = { exports: {} };
        const load = compileFunction(source, ["exports", "module"], {
            parsingContext: this.#context,
            filename: name,
        });
        (load as (exports: object, module: object) => void)(module.exports, module);
        return module.exports;
    }

    #createWifi(): object {
        let found: ((address: string | null) => void) | undefined;
        return {
            on: (event: string, listener: (details: unknown) => void) => void this.#wifi.set(event, listener),
            connect: () => undefined, // the test decides when it is joined
            restore: () => undefined,
            getIP: () => ({ ip: this.#address }),
            getDetails: () => ({ rssi: -61 }),
            getStatus: () => ({}),
            // the firmware has one callback: the answer to an older question goes to the newest caller
            getHostByName: (host: string, callback: (address: string | null) => void) => {
                found = callback;
                void this.#radio.resolve(host).then((address) => {
                    const caller = found;
                    found = undefined;
                    if (caller !== undefined) this.#later(() => caller(address ?? null));
                });
            },
        };
    }
}
