/**
 * What an application uses of NodeMCU's firmware. `toque build --board nodemcu` knows it; in tsconfig.json:
 * "types": ["toque/board", "toque/board/nodemcu"]. More is at https://nodemcu.readthedocs.io: declare what you need of it.
 * @noSelfInFile
 */

declare namespace gpio {
    const INPUT: number, OUTPUT: number, INT: number, OPENDRAIN: number;
    const HIGH: number, LOW: number;
    const PULLUP: number, FLOAT: number;
    /** ESP8266, where pin 1 is D1 (GPIO5), pin 4 is D4 (GPIO2) … */
    function mode(pin: number, mode: number, pullup?: number): void;
    function read(pin: number): number;
    function write(pin: number, level: number): void;
    /** ESP8266: calls when the pin changes. @param when microseconds */
    function trig(
        pin: number,
        type: "up" | "down" | "both" | "low" | "high" | "none",
        call?: (this: void, level: number, when: number, count: number) => void,
    ): void;
}

interface Timer {
    /** Starts at once. @param ms 1 to 6870947 */
    alarm(ms: number, mode: number, call: (this: void, timer: Timer) => void): boolean;
    register(ms: number, mode: number, call: (this: void, timer: Timer) => void): void;
    start(restart?: boolean): boolean;
    stop(): boolean;
    unregister(): void;
    interval(ms: number): void;
    state(): LuaTimerState;
}
/** Whether it runs, and its mode; nothing: it is not registered. */
type LuaTimerState = unknown;

declare namespace tmr {
    const ALARM_SINGLE: number, ALARM_SEMI: number, ALARM_AUTO: number;
    function create(): Timer;
    /** ESP8266: microseconds, 31 bits of them */
    function now(): number;
    /** ESP8266: seconds since the start */
    function time(): number;
}

declare namespace pwm {
    /** @param duty 0 to 1023 */
    function setup(pin: number, hz: number, duty: number): void;
    function start(pin: number): void;
    function stop(pin: number): void;
    function setduty(pin: number, duty: number): void;
}

declare namespace adc {
    /** ESP8266: 0 to 1024 */
    function read(channel: number): number;
}

declare namespace i2c {
    const SLOW: number, TRANSMITTER: number, RECEIVER: number;
    function setup(id: number, sda: number, scl: number, speed: number): number;
    function start(id: number): void;
    function stop(id: number): void;
    /** True: the device answered. */
    function address(id: number, address: number, direction: number): boolean;
    function write(id: number, ...data: (number | string)[]): number;
    function read(id: number, octets: number): string;
}

declare namespace node {
    function heap(): number;
    function chipid(): number;
    function restart(): void;
}

declare namespace sjson {
    function encode(value: unknown): string;
    function decode(json: string): unknown;
}

/** A line on the console. */
declare function print(...values: unknown[]): void;
declare function tostring(value: unknown): string;
declare function tonumber(text: string, base?: number): number | undefined;
/** A module of the firmware, or a file in flash. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- it may be anything
declare function require(name: string): any;
