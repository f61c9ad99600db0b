import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Taken } from "../../device/core/events.ts";
import type { Request } from "../../device/platform.ts";
import { LuaBoard } from "../../emulator/lua/board.ts";
import { wallClock } from "../../emulator/clock.ts";
import { compileForBoard } from "../../emulator/lua/compile.ts";
import { FlashFolder } from "../../emulator/lua/flash-folder.ts";
import { luaString } from "../../emulator/lua/lua-text.ts";
import { Radio } from "../../emulator/radio.ts";
import { Screen } from "../../emulator/screen.ts";
import { runPlatformSuite } from "./platform.ts";
import type { PlatformUnderTest } from "./platform.ts";

/** The board's platform alone, the suite in the device's place. The bundle has short names for fields, so it makes requests and reads reports itself. */
const PROGRAM = compileForBoard(`
    import { nowMs } from "@/device/nodemcu/clock.ts";
    import { load } from "@/device/nodemcu/flash.ts";
    import { perform } from "@/device/nodemcu/platform.ts";
    import { wires } from "@/device/nodemcu/wires.ts";
    import type { Request } from "@/device/platform.ts";
    declare let now: any;
    declare let request: any;
    declare let wakes: number;
    declare let loaded: any;
    declare function begin(this: void, port: number): void;
    declare function reported(this: void, type: string, value: string | undefined): void;
    wakes = 0;
    loaded = load;
    now = () => nowMs();
    const requestOf = (type: Request["type"], value: any, more: any): Request => {
        if (type === "resolve") return { type: type, host: value };
        if (type === "dial") return { type: type, address: value };
        if (type === "send") return { type: type, data: value };
        if (type === "deliver") return { type: type, message: value };
        if (type === "save") return { type: type, slot: value, json: more };
        if (type === "state") return { type: type, state: value, text: more };
        if (type === "describe") return { type: type };
        return type === "wake" ? { type: type, afterMs: value } : { type: "hangUp" };
    };
    request = (type: any, value: any, more: any) => perform(requestOf(type, value, more));
    (begin as any) = (port: number): void => {
        wires.settings = { host: "", port: port };
        wires.report = (input) => {
            if (input.type === "tick") wakes++;
            else if (input.type === "bytes") reported(input.type, input.data);
            else if (input.type === "opened" || input.type === "described") reported(input.type, input.about);
            else reported(input.type, input.type === "resolved" ? input.address : undefined);
        };
    };
`);

/** Prints reports, text in hexadecimal, since it may be any octets; and a handler that throws when it should. */
const AROUND = `
    function reported(type, value)
        print("@" .. type .. " " .. (value and "=" .. string.gsub(value, ".", function(c) return string.format("%02x", string.byte(c)) end) or ""))
    end
    toque = { message = function() if does == "throws" then error("asked to fail") end return does ~= "postpones" end }`;

/** The report that a line is. */
function readReport(line: string): Input | undefined {
    const [, type, hex] = /^@(\w+) (?:=([0-9a-f]*))?$/.exec(line) ?? [];
    const text = hex === undefined ? undefined : Buffer.from(hex, "hex").toString("latin1");
    if (type === "opened" || type === "described") return { type, about: text ?? "" };
    if (type === "bytes") return { type, data: text ?? "" };
    if (type === "resolved") return { type, address: text };
    return type === "closed" ? { type } : undefined;
}

function literal(value: unknown): string {
    if (typeof value === "number") return String(value);
    if (typeof value === "string") return luaString(value);
    const pairs = Object.entries(value ?? {}).filter(([, one]) => one !== undefined);
    return value === undefined ? "nil" : `{ ${pairs.map(([key, one]) => `${key} = ${literal(one)}`).join(", ")} }`;
}

for (const kind of ["esp8266", "esp32"] as const) {
    runPlatformSuite({
        name: `nodemcu, firmware of an ${kind}`,
        start: async (port, names): Promise<PlatformUnderTest> => {
            const folder = mkdtempSync(join(tmpdir(), "toque-platform-"));
            const radio = new Radio(names);
            radio.move("127.0.0.1");
            const screen = new Screen();
            const board = new LuaBoard(
                {
                    interpreter: "fengari",
                    kind,
                    flash: new FlashFolder(folder),
                    clock: wallClock(),
                    programs: new Map([
                        ["around.lua", Buffer.from(AROUND)],
                        ["platform.lua", Buffer.from(PROGRAM, "latin1")],
                    ]),
                    boots: ["around.lua", "platform.lua"],
                    chunkOctets: 1460,
                    startUs: 0,
                    onNewAddress: "abort",
                },
                screen,
                radio,
            );
            const reports: Input[] = [];
            screen.events.on("line", (line) => {
                const report = readReport(line);
                if (report !== undefined) reports.push(report);
            });
            await board.start();
            await board.type(`begin(${port})`);
            const perform = (request: Request): Taken => {
                const call = `request(${Object.values(request).map(literal).join(", ")})`;
                if (request.type === "deliver" || request.type === "save") {
                    const taken = board.askNow(call);
                    return taken === "later" ? taken : taken === "true";
                }
                void board.type(call);
                return true;
            };
            return {
                platform: { nowMs: () => Number(board.askNow("now()")), perform },
                reports,
                wakes: () => Number(board.askNow("wakes")),
                load: (name) => {
                    for (const slot of [0, 1]) board.reread(`toque-${name}${slot}`);
                    return board.askNow(`loaded("${name}")`);
                },
                slotFiles: (name) => [join(folder, `toque-${name}0`), join(folder, `toque-${name}1`)],
                setHandler: (does) => void board.type(`does = "${does}"`),
                close: () => {
                    void board.cut();
                    radio.dispose();
                    rmSync(folder, { recursive: true, force: true });
                },
            };
        },
    });
}
