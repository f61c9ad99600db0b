import type { Push } from "../device/core/events.ts";
import type {
    Board,
    DeviceEvents,
    DeviceOptions,
    EmulatedDevice,
    Memory,
    Names,
    Runtime,
    Say,
    Shown,
} from "./device.ts";
import type { BoardHands, Pin } from "./hands.ts";
import type { Radio } from "./radio.ts";
import type { Screen } from "./screen.ts";

/** How many of the screen's last lines an error shows. */
const LAST_LINES = 12;

/** A board with its screen and its radio: the commands of a test, the same for each runtime. */
export class EmulatedBoard implements EmulatedDevice {
    readonly runtime: Runtime;
    readonly #board: Board;
    readonly #screen: Screen;
    readonly #radio: Radio;
    readonly #byHand: boolean;
    readonly #closed: (() => void) | undefined;
    readonly #asText: boolean;
    readonly #hasApplication: boolean;
    #lastAddress: string;
    #on = false;

    /** Started by `powerOn`. @param closed called when all is ended */
    constructor(options: DeviceOptions, board: Board, screen: Screen, radio: Radio, closed?: () => void) {
        this.#closed = closed;
        this.runtime = options.runtime;
        this.#byHand = options.clock === "hand";
        if (this.#byHand && board.turn === undefined)
            throw new Error(`A board of runtime "${options.runtime}" has no hand clock: use "lua" or "espruino-sim".`);
        this.#board = board;
        this.#screen = screen;
        this.#radio = radio;
        this.#asText = screen.asText = options.text === true;
        this.#hasApplication = options.app !== undefined && options.bare !== true;
        this.#lastAddress = options.address ?? "127.0.0.1";
        screen.hands.give = async (line) => {
            if (this.#on) await board.input?.(line);
        };
        if (options.startsDown !== true) radio.move(this.#lastAddress);
    }

    get shown(): readonly Push[] {
        return this.#screen.shown;
    }

    get states(): readonly Shown[] {
        return this.#screen.states;
    }

    get screen(): readonly string[] {
        return this.#screen.lines;
    }

    get failure(): string | undefined {
        return this.#hasApplication ? this.#screen.failure : undefined;
    }

    get address(): string | undefined {
        return this.#radio.address;
    }

    on<E extends keyof DeviceEvents>(event: E, listener: (...args: DeviceEvents[E]) => void): void {
        this.#screen.events.on(event, listener as never);
    }

    off<E extends keyof DeviceEvents>(event: E, listener: (...args: DeviceEvents[E]) => void): void {
        this.#screen.events.off(event, listener as never);
    }

    until(is: (device: EmulatedDevice) => boolean, withinMs = 20_000): Promise<void> {
        return new Promise((resolve, reject) => {
            const events = ["line", "push", "hands", "gone"] as const; // each state is a line
            const settle = (): void => {
                clearTimeout(timer);
                for (const event of events) this.off(event, look);
            };
            const fail = (why: string): void => {
                settle();
                const last = this.screen.slice(-LAST_LINES).join("\n  ");
                reject(new Error(`${why} Its screen:\n  ${last}`));
            };
            const look = (): void => {
                if (is(this)) {
                    settle();
                    resolve();
                } else if (this.failure !== undefined) fail(`The application failed: ${this.failure}.`);
            };
            const timer = setTimeout(() => {
                const what = `${is.toString()} within ${withinMs} ms (${this.shown.length} shown)`;
                fail(`The ${this.runtime} device did not come to ${what}.`);
            }, withinMs);
            for (const event of events) this.on(event, look);
            look();
        });
    }

    async powerOn(): Promise<void> {
        this.#on = true;
        this.#screen.failure = undefined;
        await this.#board.start();
        if (this.#radio.address !== undefined) await this.#board.wifi("connected", this.#radio.address);
    }

    async setAddress(address: string, how: "announced" | "silent" = "announced"): Promise<void> {
        await this.#move(address, how === "announced" ? "connected" : undefined);
    }

    async linkDown(): Promise<void> {
        this.#radio.move(undefined);
        if (this.#on) await this.#board.wifi("disconnected", this.#lastAddress);
    }

    async linkUp(address = this.#lastAddress): Promise<void> {
        await this.#move(address, "connected");
    }

    async hiddenDrop(): Promise<void> {
        await this.#move(this.#lastAddress, "connected");
    }

    pin(name: string): Pin {
        return this.#screen.hands.pin(name);
    }

    pins(): string[] {
        return this.#screen.hands.pins();
    }

    press(name: string): Promise<void> {
        return this.#screen.hands.press(name);
    }

    release(name: string): Promise<void> {
        return this.#screen.hands.release(name);
    }

    analog(name: string, volts: number): Promise<void> {
        return this.#screen.hands.analog(name, volts);
    }

    display(): ReturnType<BoardHands["display"]> {
        return this.#screen.hands.display();
    }

    sensor(climate: Parameters<BoardHands["sensor"]>[0]): Promise<void> {
        return this.#screen.hands.sensor(climate);
    }

    async #move(address: string, event: "connected" | undefined): Promise<void> {
        this.#lastAddress = address;
        this.#radio.move(address);
        if (this.#on) await this.#board.wifi(event, address);
    }

    async setNames(names: Names): Promise<void> {
        this.#radio.names = names;
        await this.#board.setNames(names);
    }

    failHandler(times: number): Promise<void> {
        return this.#board.failHandler(times);
    }

    say(what: Say): Promise<boolean> {
        if (!this.#asText || what.say === "read") return this.#board.say(what);
        const octets = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
        const { body, title } = what;
        return this.#board.say({
            ...what,
            body: octets(body),
            title: title === undefined ? undefined : octets(title),
        });
    }

    memory(): Promise<Memory> {
        return this.#board.memory();
    }

    async handles(): Promise<number | undefined> {
        return this.#board.handles?.();
    }

    async turn(ms: number): Promise<void> {
        if (!this.#byHand)
            throw new Error('The board has the time of the wall: start it with clock: "hand" to turn it.');
        if (!(ms >= 0)) throw new Error(`A clock is turned by milliseconds, 0 or more, not by ${ms}.`);
        await this.#board.turn?.(ms);
    }

    async interrupt(): Promise<void> {
        await this.#board.interrupt?.();
    }

    async kill(): Promise<void> {
        if (!this.#on) return;
        this.#on = false;
        const address = this.#radio.address;
        this.#radio.move(undefined); // a board without power closes nothing
        await this.#board.cut();
        this.#screen.hands.powerOff();
        this.#radio.move(address);
    }

    async reboot(): Promise<void> {
        await this.kill();
        await this.powerOn();
    }

    async close(): Promise<void> {
        await this.kill();
        this.#radio.dispose();
        await this.#board.dispose();
        this.#closed?.();
    }
}
