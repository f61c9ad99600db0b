/** What the board uses of Espruino, and nothing else: the stand-in of the tests offers exactly this. */

/** A client socket of `net` or `tls`. Listeners are called with the socket as `this`. */
interface EspruinoSocket {
    /** "close" comes once, last, whatever ended the connection. */
    on(event: "close", listener: (this: EspruinoSocket, hadError: boolean) => void): void;
    on(event: "data", listener: (this: EspruinoSocket, data: string) => void): void;
    /** Throws once the connection is closed, even before "close" was heard. */
    write(data: string): void;
    /** Closes when all that was written is sent. */
    end(): void;
    /** Internal to the firmware, the same in all its ports (libs/network/socketserver.c): closes at once. */
    clsNow?: boolean;
}

interface EspruinoNet {
    /** Throws when the connection fails at once. On ESP32 it returns only when the connection is made or failed. */
    connect(
        options: { host: string; port: number; ca?: string },
        connected: (this: EspruinoSocket, socket: EspruinoSocket) => void,
    ): EspruinoSocket;
}

/** Of an event: `connected` has the address, `disconnected` a reason. */
interface EspruinoWifiDetails {
    ip?: string;
}

interface EspruinoWifi {
    on(event: "connected" | "disconnected", listener: (details: EspruinoWifiDetails) => void): void;
    connect(ssid: string, options: { password?: string }): void;
    /** Connects as `Wifi.save()` has stored. */
    restore(): void;
    getIP(): { ip?: string };
    /** ESP8266 has the signal here … */
    getDetails(): { rssi?: number };
    /** … and ESP32 here. */
    getStatus(): { rssi?: number };
    /** The firmware has one callback: an older look-up's answer goes to the newest. A device asks for one name only. Null: not found. */
    getHostByName(host: string, found: (address: string | null) => void): void;
}

interface EspruinoStorage {
    read(name: string): string | undefined;
    /** False: no room. Where only erased files are in the way, it compacts all. */
    write(name: string, data: string): boolean;
    /** Octets at the end, without those of erased files. */
    getFree(): number;
    /** Puts files together; flash.ts calls it from a text. */
    compact(): void;
}

declare function require(name: "net" | "tls"): EspruinoNet;
declare function require(name: "Wifi"): EspruinoWifi;
declare function require(name: "Storage"): EspruinoStorage;
/** A built-in, cached or stored module's exports. */
declare function require(name: string): unknown;

/** A function of its parameters' names and its body. */
declare function Function(...text: string[]): (this: void, ...values: unknown[]) => unknown;

/** Prints a line on the console. */
declare function print(text: string): void;
/** Seconds, with a fraction. `setTime` and SNTP move it. */
declare function getTime(): number;
/** @returns octets */
declare function atob(base64: string): string;
/** The chip's own id in hexadecimal, with dashes. */
declare function getSerial(): string;
declare function setInterval(callback: (this: void) => void, periodMs: number): number;
/** Without an argument it ends all timers. Undefined is an error. */
declare function clearInterval(id?: number): void;
/** From now on, and first after so long from now. */
declare function changeInterval(id: number, periodMs: number): void;

declare const E: {
    /** Names of what went wrong since the last time it was asked for. `MEMORY`: there was too little of it. */
    getErrorFlags(): string[];
    /** Restarts the board when it does nothing but run one piece of a program for so many seconds. An ESP8266 prints a line at each turn instead. */
    enableWatchdog(timeoutS: number): void;
    /** As when the power is turned on. */
    reboot(): void;
};

declare const process: {
    env: { VERSION: string };
    /** The listener is called instead of printing the error. */
    on(event: "uncaughtException", listener: (this: void, error: { stack?: string } | string) => void): void;
    /** JsVars: free, all, and the octets of one. */
    memory(): { free: number; total: number; blocksize: number };
};

// eslint-disable-next-line no-var -- only a var can be declared as a global that code assigns to
declare var global: Record<string, unknown>;
