/**
 * What is wired to an emulated board: pins, buttons, analogue inputs, and devices on its I2C bus. The same for each runtime.
 *
 * A runtime reports what its program does as lines on the screen (Screen passes them here), pins by their GPIO number:
 *
 *     #pin 2 1              GPIO2 is driven to this level; between 0 and 1 it is PWM with that duty
 *     #i2c 60 00af          a write to the I2C device with the address 60, in hexadecimal
 *
 * The hands give it lines with what its program may read. The runtime keeps the last of each, and answers its program from that:
 *
 *     level 0 0             GPIO0 is at this level now
 *     analog 0 0.5          the analogue input A0 has so many volts
 *     registers 118 00…     the I2C device 118 has these 256 registers; a program writes a register's number, then reads from there on
 */
import { Bme280 } from "./hands-bme280.ts";
import type { Climate } from "./hands-bme280.ts";
import { Ssd1306 } from "./hands-ssd1306.ts";
import type { Display } from "./hands-ssd1306.ts";

/** What a pin was set to, and when. */
export interface Change {
    /** milliseconds since the board was made, by its clock */
    atMs: number;
    /** 0 or 1; in between: PWM with that duty */
    level: number;
}

/** A pin as a test sees it. */
export interface Pin {
    /** What the program drives it to, or what a button holds it at. A pin that nobody drives is pulled up: 1. */
    readonly level: number;
    /** Every change by the program, in order, over all reboots. Writing the level that it has already is none. */
    readonly history: readonly Change[];
}

/** What a test has in its hands. Names of pins are those of the firmware: see PIN_NAMES. Errors are sentences. */
export interface BoardHands {
    pin(name: string): Pin;
    /** The pins that were used, a line each for a person. */
    pins(): string[];
    /** A button between the pin and ground is pressed: level 0. Resolves when the board has the event. */
    press(name: string): Promise<void>;
    /** The button is let go: level 1. */
    release(name: string): Promise<void>;
    /** An analogue input has so many volts from now on. */
    analog(name: string, volts: number): Promise<void>;
    /** What an SSD1306 (128x64, I2C address 0x3c) shows. */
    display(): Display;
    /** A BME280 (I2C address 0x76) measures this from now on: °C, percent, hPa. There is none before the first call. */
    sensor(climate: Climate): Promise<void>;
}

/** GPIO numbers of a NodeMCU ESP8266 by its pins' numbers 0 to 12, which are printed on the board with a D before them. */
const NODEMCU_8266 = [16, 5, 4, 0, 2, 14, 12, 13, 15, 3, 1, 9, 10];
const ALL = Array.from({ length: 40 }, (_, gpio) => gpio);

/** The GPIO number of each name. "GPIO2" is a name everywhere. */
function names(prefixes: string[], gpios: readonly number[]): ReadonlyMap<string, number> {
    const all = new Map(ALL.map((gpio) => [`GPIO${gpio}`, gpio]));
    gpios.forEach((gpio, pin) => prefixes.forEach((prefix) => all.set(prefix + pin, gpio)));
    return all;
}

/** The names of pins that each firmware has. */
export const PIN_NAMES: Record<"espruino" | "nodemcu-esp8266" | "nodemcu-esp32", ReadonlyMap<string, number>> = {
    /** D2 is GPIO2 */
    espruino: names(["D"], ALL),
    /** 4 and D4 are GPIO2 */
    "nodemcu-esp8266": names(["", "D"], NODEMCU_8266),
    /** 2 is GPIO2 */
    "nodemcu-esp32": names(["", "D"], ALL),
};

interface PinState {
    driven: number | undefined;
    held: number;
    history: Change[];
}

/** The wires between one board and its test. */
export class Hands {
    /** The firmware's names; a runtime sets its own. */
    pinNames: ReadonlyMap<string, number> = PIN_NAMES.espruino;
    /** Milliseconds, by the board's clock. */
    nowMs: () => number;
    /** Gives the runtime a line of input. */
    give: (line: string) => Promise<void> = () => Promise.resolve();
    readonly #pins = new Map<number, PinState>();
    readonly #volts = new Map<number, number>();
    readonly #display = new Ssd1306();
    #sensor: Bme280 | undefined;

    constructor() {
        const startMs = performance.now();
        this.nowMs = () => performance.now() - startMs;
    }

    /** Takes a line that a program's runtime printed. @returns whether it was for the hands */
    take(line: string): boolean {
        const [, pin, level] = /^#pin (\d+) ([\d.]+)$/.exec(line) ?? [];
        const [, address, hex] = /^#i2c (\d+) ((?:[0-9a-f]{2})*)$/.exec(line) ?? [];
        if (level !== undefined) this.#drive(Number(pin), Math.min(Number(level), 1));
        else if (hex === undefined) return false;
        else if (Number(address) === Ssd1306.ADDRESS) this.#display.write(Buffer.from(hex, "hex"));
        return true;
    }

    /** All that the program may read, for a board that is turned on. */
    inputs(): string[] {
        const lines = [...this.#pins].map(([gpio, { held }]) => `level ${gpio} ${held}`);
        for (const [channel, volts] of this.#volts) lines.push(`analog ${channel} ${volts}`);
        if (this.#sensor !== undefined) lines.push(this.#sensor.line());
        return lines;
    }

    /** The power is cut: nothing is driven, and the display forgets. */
    powerOff(): void {
        for (const state of this.#pins.values()) state.driven = undefined;
        this.#display.reset();
    }

    pins(): string[] {
        const nameOf = new Map([...this.pinNames].map(([name, gpio]) => [gpio, name])); // the firmware's own names are the last
        return [...this.#pins]
            .sort(([a], [b]) => a - b)
            .map(([gpio, { driven, held, history }]) => {
                const what = driven === undefined ? `held at ${held}` : `driven to ${driven}`;
                return `${nameOf.get(gpio) ?? `GPIO${gpio}`}: ${what}, ${history.length} changes`;
            });
    }

    pin(name: string): Pin {
        const state = this.#named(name);
        return { level: state.driven ?? state.held, history: [...state.history] };
    }

    press(name: string, level = 0): Promise<void> {
        this.#named(name).held = level;
        return this.give(`level ${this.#gpio(name)} ${level}`);
    }

    release(name: string): Promise<void> {
        return this.press(name, 1);
    }

    analog(name: string, volts: number): Promise<void> {
        const [, channel] = /^A(\d)$/.exec(name) ?? [];
        if (channel === undefined) throw new Error(`There is no analogue input "${name}": use A0 to A9.`);
        if (!(volts >= 0 && volts <= 3.3)) throw new Error(`${name} takes 0 to 3.3 volts, not ${volts}.`);
        this.#volts.set(Number(channel), volts);
        return this.give(`analog ${channel} ${volts}`);
    }

    display(): Display {
        return this.#display.display();
    }

    sensor(climate: Climate): Promise<void> {
        this.#sensor = new Bme280(climate);
        return this.give(this.#sensor.line());
    }

    #gpio(name: string): number {
        const gpio = this.pinNames.get(name);
        if (gpio === undefined)
            throw new Error(
                `There is no pin "${name}": this firmware has GPIO0 and the like, and its own names, such as ${[...this.pinNames.keys()].at(-1)}.`,
            );
        return gpio;
    }

    #named(name: string): PinState {
        return this.#state(this.#gpio(name));
    }

    #state(gpio: number): PinState {
        const known = this.#pins.get(gpio) ?? { driven: undefined, held: 1, history: [] };
        this.#pins.set(gpio, known);
        return known;
    }

    #drive(gpio: number, level: number): void {
        const state = this.#state(gpio);
        if (state.driven === level) return;
        state.driven = level;
        state.history.push({ atMs: this.nowMs(), level });
    }
}
