/** Puts Toque on a board that runs Espruino (ESP32, ESP8266): the bundle as `.boot0`, the application as `.bootcde`, settings and credentials. */
import { OLDEST, isTooOld } from "../bundler/espruino/firmware.ts";
import { MODULE } from "../device/espruino/files.ts";
import { EspruinoConsole } from "./espruino-console.ts";
import { FlashError, type Plan, type Progress, slotFiles } from "./plan.ts";
import type { Port } from "./port.ts";

const PROGRAM = ".boot0";
/** The new program, until the board has copied it. */
const STAGED = "toque-new";
/** Files that the firmware runs after `.boot0`; a person may have one. */
const LATER = [".boot3", ".boot2", ".boot1"];

/**
 * Storage has no rename, and a file of the same name is erased before it is written. So the new program lies beside the old one until it is
 * whole, and this text, which the firmware runs at each start, copies it: after a cut it begins anew. When all is copied it takes itself away.
 */
export function copies(file: string): string {
    const done = JSON.stringify(`require("Storage").erase("${STAGED}");require("Storage").erase("${file}")`);
    return (
        `(function(s,n,o){n=s.read("${STAGED}");` +
        `if(n&&s.read("${PROGRAM}")!=n){for(o=0;o<n.length;o+=256)s.write("${PROGRAM}",s.read("${STAGED}",o,256),o,n.length);load()}` +
        `else setTimeout(${done},1)})(require("Storage"));\n`
    );
}

/** Writes all of it and starts the board. @throws FlashError */
export async function flashEspruino(port: Port, plan: Plan, progress: Progress): Promise<void> {
    const board = new EspruinoConsole(port);
    const version = await board.stop();
    if ((await board.ask(isTooOld("process.env.VERSION"))) === "true")
        throw new FlashError(
            `The board runs Espruino ${version}. Toque needs ${OLDEST} or newer: flash that first (docs/boards.md).`,
        );
    const total = Number(await board.ask("process.memory().total"));
    if (
        (await board.ask(`(","+process.env.MODULES+",").indexOf(",Wifi,")<0&&!require("Storage").read("Wifi")`)) ===
        "true"
    )
        throw new FlashError(
            `The board's Espruino ${version} has no module Wifi: take a build that has (docs/boards.md).`,
        );
    progress.note(
        `Espruino ${version} answers: ${total} variables, ${await board.ask(`require("Storage").getFree()`)} octets of Storage free.`,
    );

    const program = plan.bundle.get("toque.js")!;
    const files = new Map([["toque", Buffer.from(MODULE)], ...slotFiles(plan)]);
    const hasApp = (await board.ask(`require("Storage").read(".bootcde")!==undefined`)) === "true";
    const app = plan.app ?? (hasApp ? undefined : plan.firstApp);
    if (app !== undefined) files.set(".bootcde", app);
    const isNew = !(await board.has(PROGRAM, program));
    const switcher = isNew ? await stage(board, program, files, progress) : undefined;
    await writeAll(board, files, progress);
    if (switcher !== undefined) await writeAll(board, new Map([[switcher, Buffer.from(copies(switcher))]]), progress);
    board.start();
}

/**
 * Puts the new program where the next start copies it from, or where it runs, when there is none that it could end.
 * @returns the file that copies it, not written yet
 */
async function stage(
    board: EspruinoConsole,
    program: Buffer,
    files: Map<string, Buffer>,
    progress: Progress,
): Promise<string | undefined> {
    const exists = async (name: string) =>
        (await board.ask(`require("Storage").read("${name}")!==undefined`)) === "true";
    if (await exists(PROGRAM)) {
        let switcher: string | undefined;
        for (const name of LATER) {
            const free = !(await exists(name)) || (await board.has(name, Buffer.from(copies(name))));
            if (free) switcher ??= name;
        }
        // an earlier try that was cut short: what it left would copy a half
        if (switcher !== undefined) await board.erase(switcher);
        const both = new Map([...files, [STAGED, program], [PROGRAM, program]]);
        if (switcher !== undefined && (await board.makeRoom(both))) {
            await writeAll(board, new Map([[STAGED, program]]), progress);
            return switcher;
        }
        progress.note(
            "There is no room for two programs: the old one goes first. Leave the board on its cable until this ends.",
        );
        await board.again(`require("Storage").erase("${STAGED}");require("Storage").erase("${PROGRAM}")`);
    }
    await board.makeRoom(new Map([...files, [PROGRAM, program]]));
    await writeAll(board, new Map([[PROGRAM, program]]), progress);
    return undefined;
}

/** Writes the files that the board has not yet. One without octets is erased. */
async function writeAll(board: EspruinoConsole, files: Map<string, Buffer>, progress: Progress): Promise<void> {
    const of = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    let before = 0;
    for (const [name, octets] of files) {
        if (octets.length === 0) await board.erase(name);
        else if (!(await board.has(name, octets)))
            await board.write(name, octets, (sent) => progress.sent(before + sent, of));
        before += octets.length;
    }
}
