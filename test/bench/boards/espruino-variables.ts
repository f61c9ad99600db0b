/**
 * `node --import tsx test/bench/boards/espruino-variables.ts [--json]`: the JsVars that the built bundle takes on the interpreter that
 * ESPRUINO_8266 names (1,600 variables, no Unicode, 32 bits), from flash: online and at rest, and at the peak while a push is handled.
 * What the emulator's Wifi module takes, which is in a board's firmware, is not counted.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Measured } from "./online.ts";

const FILL = fileURLToPath(new URL("fill.js", import.meta.url));

/** Octets that an ESP8266 receives at once. */
const CHUNK_OCTETS = 268;

/** Variables by which the room for a push is made smaller, until a push fails: ever finer. */
const STEPS = [64, 16, 4];
const FAILED_MS = 3000;

export interface Variables {
    /** the interpreter alone */
    board: number;
    total: number;
    /** with Toque online and at rest, the board's own included */
    online: number;
    /** the most that are in use while a push of so many octets is handled */
    peaks: Record<number, number>;
}

/** What the interpreter takes for itself. */
function ofBoard(interpreter: string, folder: string): { board: number; total: number } {
    const input = '\x10var m=process.memory();print("#"+m.usage+" "+m.total)\n\x10quit()\n';
    const printed = execFileSync(interpreter, [], { cwd: folder, input, encoding: "latin1", stdio: "pipe" });
    const found = /#(\d+) (\d+)/.exec(printed);
    if (found === null) throw new Error(`${interpreter} does not report its memory:\n${printed}`);
    return { board: Number(found[1]), total: Number(found[2]) };
}

/** A body of so many octets that tells fill.js how many variables to take. */
function body(take: number, octets: number): string {
    return `${take} `.padEnd(octets, "x");
}

/** The fewest free variables with which a push of so many octets is handled. */
async function needed(interpreter: string, octets: number, program?: string): Promise<number> {
    let enough = 0;
    for (const step of STEPS) {
        const options = { interpreter, program, app: FILL, bare: true, chunkOctets: CHUNK_OCTETS };
        const measured = await Measured.start(options);
        const { device } = measured;
        const free = async (): Promise<number> => {
            const used = await measured.atRest();
            return (await device.memory()).total! - used;
        };
        const take = async (count: number, size: number): Promise<boolean> => {
            const before = device.screen.length;
            if (!(await measured.push(body(count, size), FAILED_MS))) return false;
            await device.until(({ screen }) => screen.slice(before).some((line) => line.startsWith("#taken")));
            return true;
        };
        try {
            await measured.online();
            if (enough > 0) await take((await free()) - enough, 10);
            for (;;) {
                const left = await free();
                if (!(await take(step, octets))) break;
                enough = left;
            }
        } finally {
            await measured.close();
        }
    }
    return enough;
}

/** @param octets of the pushes whose peaks are measured @param program another one than the built bundle */
export async function measureVariables(interpreter: string, octets: number[], program?: string): Promise<Variables> {
    const folder = mkdtempSync(join(tmpdir(), "toque-measure-"));
    try {
        const { board, total } = ofBoard(interpreter, folder);
        const empty = join(folder, "empty.js");
        writeFileSync(empty, ";");
        const used = async (of: string | undefined, online: boolean): Promise<number> => {
            const measured = await Measured.start({ interpreter, bare: true, program: of, startsDown: !online });
            try {
                if (online) await measured.online();
                return await measured.atRest();
            } finally {
                await measured.close();
            }
        };
        const wifi = (await used(empty, false)) - board;
        const online = (await used(program, true)) - wifi;
        const peaks: Record<number, number> = {};
        for (const size of octets) peaks[size] = online + (await needed(interpreter, size, program));
        return { board, total, online, peaks };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const interpreter = process.env.ESPRUINO_8266 ?? "";
    if (interpreter === "") throw new Error("ESPRUINO_8266 is not set: an Espruino with an ESP8266's 1,600 variables.");
    console.log(JSON.stringify(await measureVariables(interpreter, [60, 900])));
}
