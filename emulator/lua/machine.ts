import { readFileSync } from "node:fs";

/** Which Lua. "fengari" is always there (5.3, with integers of 32 bits); the others where they are installed or named. */
export type Interpreter = "fengari" | "lua5.1" | "lua5.3" | "nodemcu51" | "nodemcu53";

export const INTERPRETERS: readonly Interpreter[] = ["fengari", "lua5.1", "lua5.3", "nodemcu51", "nodemcu53"];

/** Whose firmware the shims behave as: the two differ in nearly every module. */
export type BoardKind = "esp8266" | "esp32";

/** A Lua with the firmware's modules in it. Lines go in and come out: firmware/bridge.lua lists them. */
export interface LuaMachine {
    /** Gives the board an event; it is handled after those before it. */
    post(line: string): void;
    /** Resolves when everything posted has been handled. */
    settled(): Promise<void>;
    /** Ends it at once. No line comes after this. */
    close(): void;
}

/** Gets each line that the board writes (["done"]: it has handled an event), and an end that nobody asked for. */
export interface MachineListener {
    line(words: string[]): void;
    gone(why: string): void;
}

const PARTS = ["bridge", "garbage", "node", "tmr", "net", "wifi", "file", "gpio", "analog", "i2c", "watch"];

function part(name: string): string {
    return `do\n${readFileSync(new URL(`firmware/${name}.lua`, import.meta.url), "utf8")}\nend\n`;
}

/** The firmware as one chunk. @param ends Lua that defines F.write, and what the chunk ends with */
export function firmware(kind: BoardKind, mac: string, write: string, ends: string): string {
    const head = `local F = { board = "${kind}", mac = "${mac}" }\n${write}\n`;
    return head + PARTS.map(part).join("") + ends;
}

export function loopPart(): string {
    return part("loop");
}

/** A string of octets as the bridge writes it; undefined is "-". */
export function hex(octets: string | Buffer | undefined): string {
    if (octets === undefined) return "-";
    if (octets.length === 0) return "00empty";
    return (typeof octets === "string" ? Buffer.from(octets, "latin1") : octets).toString("hex");
}

export function unhex(word: string | undefined): string | undefined {
    if (word === undefined || word === "-") return undefined;
    return word === "00empty" ? "" : Buffer.from(word, "hex").toString("latin1");
}
