import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Push } from "../../device/core/events.ts";
import { LuaBoard } from "../../emulator/lua/board.ts";
import { wallClock } from "../../emulator/lua/clock.ts";
import { compileForBoard } from "../../emulator/lua/compile.ts";
import { FlashFolder } from "../../emulator/lua/flash-folder.ts";
import { luaString } from "../../emulator/lua/lua-text.ts";
import { Radio } from "../../emulator/radio.ts";
import { Screen } from "../../emulator/screen.ts";
import { runPlatformSuite } from "./platform.ts";
import type { PlatformUnderTest, Reported } from "./platform.ts";

/** The board's platform alone, the suite in the device's place: what happens to it is printed. */
const PROGRAM = compileForBoard(`
    import { load } from "@/device/nodemcu/flash.ts";
    import { perform } from "@/device/nodemcu/platform.ts";
    import { wires } from "@/device/nodemcu/wires.ts";
    declare let p: any;
    declare let wakes: number;
    declare let loaded: any;
    declare function begin(this: void, port: number): void;
    declare function tell(this: void, type: string, value: string | undefined): void;
    wakes = 0;
    loaded = load;
    (begin as any) = (port: number): void => {
        wires.settings = { host: "", port: port };
        wires.tell = (type, value) => {
            if (type === "tick") wakes++;
            else tell(type, value);
        };
        p = (what: any, value: never, more: never) => perform(what, value, more);
    };
`);

/** Reports as hexadecimal, since they may be any octets; and a handler that can be told to throw. */
const AROUND = `
    function tell(type, value)
        print("@" .. type .. " " .. (value and "=" .. string.gsub(value, ".", function(c) return string.format("%02x", string.byte(c)) end) or ""))
    end
    function onPush() if fails then error("asked to fail") end end`;

function literal(push: Push): string {
    const pairs = Object.entries(push).filter(([, value]) => value !== undefined);
    return `{ ${pairs.map(([key, value]) => `${key} = ${typeof value === "number" ? value : luaString(String(value))}`).join(", ")} }`;
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
            const reports: Reported[] = [];
            screen.events.on("line", (line) => {
                const told = /^@(\w+) (?:=([0-9a-f]*))?$/.exec(line);
                if (told === null) return;
                const value = told[2] === undefined ? undefined : Buffer.from(told[2], "hex").toString("latin1");
                reports.push({ type: told[1]!, value });
            });
            await board.start();
            await board.type(`begin(${port})`);
            const call = (what: string, ...values: (string | number)[]): string =>
                `p(${[`"${what}"`, ...values].join(", ")})`;
            const ask = (...of: Parameters<typeof call>): string => board.askNow(call(...of));
            const run = (...of: Parameters<typeof call>): void => void board.type(call(...of));
            return {
                platform: {
                    nowMs: () => Number(ask("nowMs")),
                    wakeAfter: (delayMs) => run("wakeAfter", delayMs),
                    resolve: (host) => run("resolve", luaString(host)),
                    dial: (address) => run("dial", luaString(address)),
                    send: (data) => run("send", luaString(data)),
                    hangUp: () => run("hangUp"),
                    handle: (push) => ask("handle", literal(push)) === "true",
                    save: (name, json) => ask("save", luaString(name), luaString(json)) === "true",
                    show: (state, text) => run("show", luaString(state), text === undefined ? "nil" : luaString(text)),
                    about: () => ask("about"),
                },
                reports,
                wakes: () => Number(board.askNow("wakes")),
                load: (name) => {
                    for (const slot of [0, 1]) board.reread(`toque-${name}${slot}`);
                    return board.askNow(`loaded("${name}")`);
                },
                slotFiles: (name) => [join(folder, `toque-${name}0`), join(folder, `toque-${name}1`)],
                failHandler: (fails) => void board.type(`fails = ${fails}`),
                close: () => {
                    void board.cut();
                    radio.dispose();
                    rmSync(folder, { recursive: true, force: true });
                },
            };
        },
    });
}
