/**
 * `node --import tsx test/bench/boards/cpu.ts`: the CPU time that a push of 60 octets takes the built bundles on each interpreter that is here,
 * in microseconds of this machine: to be compared with another bundle in the same interpreter, and with nothing else.
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { INTERPRETERS } from "../../../emulator/lua/machine.ts";
import { missing } from "../../../emulator/lua/interpreters.ts";
import type { DeviceOptions } from "../../../emulator/device.ts";
import { Measured } from "./online.ts";

const WARM = 50;
const PUSHES = 100;
const ROUNDS = 9;
const BODY = "x".repeat(60);

/** The processes that this one has started. */
function children(): number[] {
    return readdirSync("/proc/self/task").flatMap((task) =>
        readFileSync(`/proc/self/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
}

/** What a process has run so far, in microseconds. */
function cpuUs(pid: number): number {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ")[0]) / 1000;
}

async function cpuOfPush(options: Partial<DeviceOptions>): Promise<number> {
    const others = children();
    const board = await Measured.start(options);
    try {
        await board.online();
        const pid = children().find((child) => !others.includes(child))!;
        for (let i = 0; i < WARM; i++) await board.push(BODY);
        let least = Infinity;
        for (let round = 0; round < ROUNDS; round++) {
            const before = cpuUs(pid);
            for (let i = 0; i < PUSHES; i++) if (!(await board.push(BODY))) throw new Error("A push was lost.");
            least = Math.min(least, (cpuUs(pid) - before) / PUSHES);
        }
        return least;
    } finally {
        await board.close();
    }
}

/** Without the emulator's watch, the board needs a handler of its own. */
const APP = fileURLToPath(new URL("takes.js", import.meta.url));

const BOARDS: [name: string, options: Partial<DeviceOptions>][] = [
    ...["ESPRUINO", "ESPRUINO_8266"].flatMap((variable): [string, Partial<DeviceOptions>][] => {
        const interpreter = process.env[variable] ?? "";
        return interpreter === "" ? [] : [[variable, { runtime: "espruino", interpreter, bare: true, app: APP }]];
    }),
    ...INTERPRETERS.filter((one) => one !== "fengari" && missing(one) === false).map(
        (interpreter): [string, Partial<DeviceOptions>] => [interpreter, { runtime: "lua", interpreter }],
    ),
];
for (const [name, options] of BOARDS) console.log(`${name}: ${Math.round(await cpuOfPush(options))} µs`);
