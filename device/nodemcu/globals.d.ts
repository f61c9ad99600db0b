/**
 * What the board uses of NodeMCU's firmware, and no more. Read in its sources: ESP8266 is the release of 2024-02-25, ESP32 the
 * dev-esp32 branch of 2024-10-25. What only one of the two has may be undefined here, and is asked for at runtime.
 */

declare namespace net {
    function createConnection(): Socket;
    namespace dns {
        /** ESP8266 calls back with (nil, address), at once when the host is an address; ESP32 with (address). May throw. */
        function resolve(host: string, found: (this: void, first?: string, second?: string) => void): void;
    }
    /** Its handlers get the socket. One that keeps the socket as an upvalue is a cycle through the registry: it is never freed. */
    interface Socket {
        on(event: "connection" | "sent" | "disconnection", handler: (this: void, socket: Socket) => void): void;
        on(event: "receive", handler: (this: void, socket: Socket, data: string) => void): void;
        /** Throws when there is no memory for another connection. */
        connect: (this: Socket, port: number, address: string) => void;
        /** Throws when not connected, and when its buffer is full. */
        send: (this: Socket, data: string) => void;
        /** Throws when not connected. Nothing is reported after it. */
        close: (this: Socket) => void;
    }
}

declare namespace tmr {
    function create(): Timer;
    interface Timer {
        /** @param ms 1 to 6870947; ESP32 crashes on less than a tick of 10 ms */
        alarm(ms: number, mode: number, handler: (this: void) => void): void;
        stop(): void;
    }
    /** ESP8266: microseconds, 31 bits of them */
    const now: ((this: void) => number) | undefined;
}

declare namespace wifi {
    const STATION: number;
    /** ESP8266 */
    const setmode: ((this: void, mode: number, save: boolean) => void) | undefined;
    const eventmon:
        | {
              STA_GOT_IP: number;
              STA_DISCONNECTED: number;
              register: (this: void, event: number, handler: (this: void) => void) => void;
          }
        | undefined;
    /** ESP32 */
    function mode(mode: number, save: boolean): void;
    function start(): void;
    namespace sta {
        /** Connects by itself, now and after each loss, on ESP8266 only. */
        function config(station: { ssid: string; pwd: string | undefined; save: boolean }): void;
        function connect(): void;
        function getmac(): string;
        /** ESP8266. Nil: no address. */
        const getip: ((this: void) => string | undefined) | undefined;
        /** ESP8266. Nil: not connected. */
        const getrssi: ((this: void) => number | undefined) | undefined;
        /** ESP32 */
        function on(
            event: "start" | "got_ip" | "disconnected",
            handler: (this: void, event: string, info: { ip: string }) => void,
        ): void;
    }
}

/** An open file; both `file` and `io` give such. */
interface OpenFile {
    read(octets: number): string | undefined;
    write(text: string): unknown;
    close(): void;
}

/** ESP8266, and ESP32 before 2021 */
declare namespace file {
    const open: ((this: void, name: string, mode: string) => OpenFile | undefined) | undefined;
}

/** ESP32 */
declare namespace io {
    function open(name: string, mode: string): OpenFile | undefined;
}

declare namespace node {
    function heap(): number;
    /** ESP32: microseconds since boot (31 bits of them without floating point) */
    function uptime(): number;
    /** ESP8266: from the hardware */
    const random: ((this: void, low: number, high: number) => number) | undefined;
}

declare namespace math {
    function random(low: number, high: number): number;
    function randomseed(seed: number): void;
}

declare namespace string {
    function gsub(text: string, pattern: string, by: string): string;
}

/** True: it did not throw. */
declare function pcall<A extends unknown[]>(
    call: ((this: void, ...values: A) => void) | undefined,
    ...values: A
): boolean;
declare function pcall<T, A extends unknown[]>(call: (this: T, ...values: A) => void, self: T, ...values: A): boolean;
/** True: it did not throw; else the handler was given the error. */
declare function xpcall(call: (this: void) => void, handler: (this: void, error: unknown) => void): boolean;
declare function tostring(value: unknown): string;
declare function print(text: string): void;

/** "Lua 5.1", "Lua 5.3" */
declare const _VERSION: string;

declare const _G: { package: { loaded: Record<string, unknown> } };

/** The module. init.lua puts its application's failure into it. */
declare let toque: import("../application.ts").Application & import("../application.ts").Interface;
