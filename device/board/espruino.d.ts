/**
 * What an application uses of Espruino, the same on ESP8266 and ESP32. `toque build --board espruino` knows it; in tsconfig.json:
 * "types": ["toque/board", "toque/board/espruino"]. More is at https://www.espruino.com/Reference: declare what you need of it.
 */

/** A pin, and its name: "D2". */
declare class Pin {
    read(): boolean;
    write(value: boolean | number): void;
    set(): void;
    reset(): void;
    mode(mode: PinMode): void;
}
type PinMode = "analog" | "input" | "input_pullup" | "input_pulldown" | "output" | "opendrain" | "af_output" | "auto";

declare const D0: Pin, D1: Pin, D2: Pin, D3: Pin, D4: Pin, D5: Pin, D12: Pin, D13: Pin, D14: Pin, D15: Pin, D16: Pin;
/** ESP32 */
declare const D17: Pin, D18: Pin, D19: Pin, D21: Pin, D22: Pin, D23: Pin, D25: Pin, D26: Pin, D27: Pin;
/** ESP32 */
declare const D32: Pin, D33: Pin, D34: Pin, D35: Pin, D36: Pin, D39: Pin;
/** ESP8266's analogue input */
declare const A0: Pin;

declare function pinMode(pin: Pin, mode: PinMode): void;
declare function digitalRead(pin: Pin): number;
declare function digitalWrite(pin: Pin, value: boolean | number): void;
/** Sends pulses, each so many milliseconds long. */
declare function digitalPulse(pin: Pin, value: boolean | number, ms: number | number[]): void;
/** @returns 0 to 1 */
declare function analogRead(pin: Pin): number;
/** @param value 0 to 1 @param options freq in Hz */
declare function analogWrite(pin: Pin, value: number, options?: { freq?: number; soft?: boolean }): void;
/** Calls when the pin changes. `debounce` in milliseconds, times in seconds. @returns the watch's id */
declare function setWatch(
    call: (this: void, event: { state: boolean; time: number; lastTime: number; pin: Pin }) => void,
    pin: Pin,
    options?: { repeat?: boolean; edge?: "rising" | "falling" | "both"; debounce?: number },
): number;
declare function clearWatch(id?: number): void;

declare function setTimeout(call: (this: void) => void, ms: number): number;
declare function setInterval(call: (this: void) => void, ms: number): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function changeInterval(id: number, ms: number): void;
/** Seconds, with a fraction. */
declare function getTime(): number;

/** A line on the console. */
declare function print(...values: unknown[]): void;
declare const console: { log(...values: unknown[]): void };
declare function atob(base64: string): string;
declare function btoa(octets: string): string;
declare function getSerial(): string;
/** Starts the program anew. */
declare function load(): void;

declare class I2C {
    setup(options: { scl?: Pin; sda?: Pin; bitrate?: number }): void;
    writeTo(address: number, ...data: (number | number[] | string)[]): void;
    readFrom(address: number, octets: number): Uint8Array;
}
declare const I2C1: I2C;
declare class SPI {
    setup(options: { sck?: Pin; miso?: Pin; mosi?: Pin; baud?: number; mode?: number }): void;
    send(data: number | number[] | string, select?: Pin): number | number[] | string;
    write(...data: (number | number[] | string)[]): void;
}
declare const SPI1: SPI;

/** A display. */
declare class Graphics {
    getWidth(): number;
    getHeight(): number;
    clear(): this;
    flip(): void;
    setColor(color: number): this;
    setFontBitmap(): this;
    setFontVector(height: number): this;
    setFontAlign(x: -1 | 0 | 1, y: -1 | 0 | 1): this;
    stringWidth(text: string): number;
    drawString(text: string, x: number, y: number): this;
    drawLine(x1: number, y1: number, x2: number, y2: number): this;
    drawRect(x1: number, y1: number, x2: number, y2: number): this;
    fillRect(x1: number, y1: number, x2: number, y2: number): this;
    setPixel(x: number, y: number, color?: number): this;
}

declare const E: {
    getErrorFlags(): string[];
    reboot(): void;
    /** ESP32 */
    getTemperature(): number;
    toString(...values: unknown[]): string;
};
declare const process: {
    env: { VERSION: string; BOARD: string };
    memory(): { free: number; usage: number; total: number; blocksize: number };
};
// eslint-disable-next-line no-var -- only a var can be declared as a global that code assigns to
declare var global: Record<string, unknown>;

interface StorageModule {
    read(name: string): string | undefined;
    readJSON(name: string, noExceptions: boolean): unknown;
    write(name: string, data: string): boolean;
    writeJSON(name: string, data: unknown): boolean;
    erase(name: string): void;
    list(): string[];
    getFree(): number;
}

declare function require(name: "Storage"): StorageModule;
declare function require(name: "SSD1306"): { connect(bus: I2C, ready: (this: void) => void): Graphics };
/** A module of the firmware, or a file in Storage. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- there are hundreds
declare function require(name: string): any;
