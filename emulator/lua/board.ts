import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "../../bundler/lua/limits.ts";
import { HandClock } from "../clock.ts";
import type { BoardClock } from "../clock.ts";
import type { Board, Memory } from "../device.ts";
import { PIN_NAMES } from "../hands.ts";
import type { Radio } from "../radio.ts";
import type { Screen } from "../screen.ts";
import { BoardSockets, ERR_ABRT } from "./board-sockets.ts";
import type { FlashFolder } from "./flash-folder.ts";
import { isLua51, startMachine } from "./interpreters.ts";
import { luaCall } from "./lua-text.ts";
import type { BoardKind, Interpreter, LuaMachine } from "./machine.ts";
import { hex, unhex } from "./machine.ts";

/** What a board is made of. */
export interface BoardOptions {
    interpreter: Interpreter;
    kind: BoardKind;
    flash: FlashFolder;
    clock: BoardClock;
    /** files in flash that the board only reads: its programs */
    programs: Map<string, Buffer>;
    /** programs to run at power on, one after the other: the firmware runs "init.lua" */
    boots: string[];
    /** the emulator adds nothing to the application's handler */
    bare?: boolean;
    chunkOctets: number;
    /** what the microsecond counter shows at power on */
    startUs: number;
    /** a new address: lwIP aborts the connections of the old one, Linux leaves them as black holes */
    onNewAddress: "abort" | "black-hole";
}

const MAC = "5c:cf:7f:0a:0b:0c";

/** A NodeMCU board: a Lua with the firmware's modules, and from power on to power off its timers, sockets and link. */
export class LuaBoard implements Board {
    private readonly options: BoardOptions;
    private readonly screen: Screen;
    private readonly radio: Radio;
    private machine: LuaMachine | undefined;
    private sockets: BoardSockets;
    private readonly timers = new Map<string, () => void>();
    private answers: ((words: string[]) => void)[] = [];
    private bornMs = 0;
    /** of the link, as the firmware knows it; "" none */
    private address = "";
    /** the program asked for Wi-Fi */
    private joined = false;
    /** the address that a link has, or will have as soon as the program asks */
    private inRange: string | undefined;

    constructor(options: BoardOptions, screen: Screen, radio: Radio) {
        this.options = options;
        this.screen = screen;
        this.radio = radio;
        this.sockets = this.newSockets();
        screen.hands.pinNames = PIN_NAMES[`nodemcu-${options.kind}`];
        screen.hands.nowMs = () => options.clock.nowMs();
    }

    async start(): Promise<void> {
        const { interpreter, kind, clock, flash, programs, boots } = this.options;
        this.bornMs = clock.nowMs();
        this.address = "";
        this.inRange = undefined;
        this.joined = false;
        this.sockets = this.newSockets();
        this.machine = startMachine(interpreter, kind, MAC, {
            line: (words) => this.line(words),
            gone: (why) => this.end(why),
        });
        for (const [name, data] of [...programs, ...flash.files()]) this.post(`file ${hex(name)} ${hex(data)}`);
        for (const line of this.screen.hands.inputs()) this.post(line);
        if (this.options.bare === true) this.post("set bare 1");
        this.post("base");
        for (const name of boots) await this.boot(name);
    }

    /** Runs a program in flash. Throws the error of a board's Lua 5.1 for too many locals, whichever Lua runs here. */
    async boot(name: string): Promise<void> {
        const source = this.options.programs.get(name);
        if (source !== undefined && isLua51(this.options.interpreter)) {
            const locals = maxActiveLocals(source.toString("latin1"));
            if (locals > MAX_ACTIVE_LOCALS)
                throw new Error(`${name}: function at line 1 has more than 50 local variables (${locals})`);
        }
        this.post(`boot ${hex(name)}`);
        await this.settled();
    }

    /** Resolves when the program has handled every event so far. */
    settled(): Promise<void> {
        return this.machine?.settled() ?? Promise.resolve();
    }

    /** A line typed at the console. */
    type(line: string): Promise<void> {
        return this.tell(`type ${hex(line)}`);
    }

    /** The value of a Lua expression, as text. */
    async ask(expression: string): Promise<string> {
        const [, answer] = await this.answer(`ask ${hex(expression)}`);
        return unhex(answer) ?? "nil";
    }

    /** The same at once, where Lua runs in this process. */
    askNow(expression: string): string {
        let value: string | undefined;
        this.answers.push(([, answer]) => (value = unhex(answer) ?? "nil"));
        this.post(`ask ${hex(expression)}`);
        if (value === undefined) throw new Error(`${expression}: only fengari answers at once`);
        return value;
    }

    /** Gives the firmware a file as it is on the disk now. */
    reread(name: string): void {
        this.post(`file ${hex(name)} ${hex(this.options.flash.files().get(name))}`);
    }

    /** Makes the firmware fail: `sockets_left` (at 0 none can be made), `disk_full` (1). */
    set(name: "sockets_left" | "disk_full", value: number): Promise<void> {
        return this.tell(`set ${name} ${value}`);
    }

    async wifi(event: "connected" | "disconnected" | undefined, address: string): Promise<void> {
        const open = this.sockets.darken();
        const changed = event !== "disconnected" && this.address !== "" && this.address !== address;
        if (changed && this.options.onNewAddress === "abort")
            for (const id of open) this.post(`ended ${id} ${ERR_ABRT}`);
        this.inRange = event === "disconnected" ? undefined : address;
        // an ESP8266 joins what it remembers without being asked; an ESP32 with its radio off hears nothing
        if (this.options.kind === "esp32" && !this.joined) return;
        await this.link(event !== undefined);
    }

    async turn(ms: number): Promise<void> {
        const { clock } = this.options;
        if (!(clock instanceof HandClock)) throw new Error("This board's clock cannot be turned.");
        await clock.turn(ms, async () => {
            do await this.settled();
            while (this.radio.waits && (await this.radio.quiet()));
        });
    }

    setNames(): Promise<void> {
        return Promise.resolve(); // the radio has them
    }

    input(line: string): Promise<void> {
        return this.tell(line);
    }

    failHandler(times: number): Promise<void> {
        return this.tell(`fail ${times}`);
    }

    async say(what: Parameters<Board["say"]>[0]): Promise<boolean> {
        return (await this.ask(luaCall(what))) === "true";
    }

    async memory(): Promise<Memory> {
        const [, octets] = await this.answer("heap");
        if (octets === undefined || octets === "-")
            throw new Error("fengari has no collector to ask for its memory: use Lua 5.1 or 5.3.");
        return { used: Number(octets), total: undefined, unit: "octets" };
    }

    async handles(): Promise<number> {
        const [, handles] = await this.answer("handles");
        return Number(handles) + this.timers.size;
    }

    cut(): Promise<void> {
        this.machine?.close();
        this.machine = undefined;
        for (const cancel of this.timers.values()) cancel();
        this.timers.clear();
        for (const answer of this.answers.splice(0)) answer(["answer", "-"]);
        return Promise.resolve();
    }

    async dispose(): Promise<void> {
        await this.cut();
    }

    private newSockets(): BoardSockets {
        const sockets: BoardSockets = new BoardSockets(this.radio, this.options.chunkOctets, (line) => {
            if (this.sockets === sockets) this.post(line);
        });
        return sockets;
    }

    private post(line: string): void {
        const us = Math.floor((this.options.clock.nowMs() - this.bornMs) * 1000) + this.options.startUs;
        this.machine?.post(`${us % 2 ** 31} ${us} ${line}`);
    }

    private tell(line: string): Promise<void> {
        this.post(line);
        return this.settled();
    }

    private answer(line: string): Promise<string[]> {
        return new Promise((resolve) => {
            this.answers.push(resolve);
            this.post(line);
        });
    }

    /** The program's end, or the board's restart: after a watchdog's reset or a panic the board is off. */
    private end(why: string): void {
        if (this.machine === undefined) return;
        void this.cut();
        this.screen.events.emit("gone", why);
    }

    private link(announced: boolean): Promise<void> {
        this.address = this.inRange ?? "";
        return this.tell(`link ${hex(this.inRange)} ${announced ? "announced" : "silent"}`);
    }

    /** The program asked for Wi-Fi. An address takes a moment. */
    private join(): void {
        this.joined = true;
        setImmediate(() => {
            if (this.inRange !== undefined) void this.link(true);
        });
    }

    private arm(id: string, ms: number): void {
        const cancel = this.options.clock.after(ms, () => {
            this.timers.delete(id);
            this.post(`timer ${id}`);
        });
        this.timers.set(id, cancel);
    }

    private line(words: string[]): void {
        const [what, first = "", second = "", third] = words;
        const flash = this.options.flash;
        if (this.machine === undefined && what !== "panic") return;
        if (what === "done") this.sockets.acknowledge();
        else if (what === "print") this.screen.feed((unhex(first) ?? "") + "\n");
        else if (what === "arm") this.arm(first, Number(second));
        else if (what === "disarm") {
            this.timers.get(first)?.();
            this.timers.delete(first);
        } else if (what === "connect") this.sockets.connect(first, Number(second), unhex(third) ?? "");
        else if (what === "send") this.sockets.send(first, Buffer.from(unhex(second) ?? "", "latin1"));
        else if (what === "close") this.sockets.close(first);
        else if (what === "lookup")
            void this.radio.resolve(unhex(second) ?? "").then((address) => this.post(`found ${first} ${hex(address)}`));
        else if (what === "join") this.join();
        else if (what === "truncate") flash.truncate(unhex(first) ?? "");
        else if (what === "append") flash.append(unhex(first) ?? "", Buffer.from(unhex(second) ?? "", "latin1"));
        else if (what === "remove") flash.remove(unhex(first) ?? "");
        else if (what === "rename") flash.rename(unhex(first) ?? "", unhex(second) ?? "");
        else if (what === "answer" || what === "heap" || what === "handles") this.answers.shift()?.(words);
        else if (what === "panic") this.end(unhex(first) ?? "panic");
        else if (what === "restart") this.end("restart");
    }
}
