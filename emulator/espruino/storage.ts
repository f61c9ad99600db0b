import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Octets of a file that one run of the interpreter writes: an ESP8266's variables hold only a few thousand at once. */
const PIECE_OCTETS = 2048;
const RUN_MS = 5000;

/** The interpreter runs .boot0 before a script, and goes on as long as there is a timer. The firmware's own function is below Toque's. */
const STOP = "delete global.clearInterval;clearInterval();";

/** Runs a script on the interpreter; its flash is in the folder. What starts from there is stopped. */
function runScript(interpreter: string, folder: string, script: string): void {
    const path = join(folder, "write.js");
    writeFileSync(path, STOP + script);
    const output = execFileSync(interpreter, [path], {
        cwd: folder,
        timeout: RUN_MS,
        encoding: "latin1",
        stdio: "pipe",
    });
    rmSync(path);
    if (!output.includes("#written")) throw new Error(`${interpreter} could not write to its flash:\n${output}`);
}

/** Writes files to the interpreter's own Storage, by itself. One without octets is erased. */
export function writeStorage(interpreter: string, folder: string, files: Map<string, string>): void {
    let script = "";
    let octets = 0;
    const run = (): void => {
        runScript(interpreter, folder, script + 'print("#written")');
        script = "";
        octets = 0;
    };
    for (const name of files.keys()) script += `require("Storage").erase(${JSON.stringify(name)});`;
    for (const [name, data] of files) {
        for (let at = 0; at < data.length; at += PIECE_OCTETS) {
            const piece = data.slice(at, at + PIECE_OCTETS);
            if (octets + piece.length > PIECE_OCTETS) run();
            const base64 = Buffer.from(piece, "latin1").toString("base64");
            const write = `require("Storage").write(${JSON.stringify(name)},atob("${base64}"),${at},${data.length})`;
            script += `if(!${write})throw "no room";`;
            octets += piece.length;
        }
    }
    run();
}

/** The interpreter's whole flash, by the files in it: many boards of a test have the same programs. */
const images = new Map<string, Buffer>();

/** The same for a board whose flash may be new: programs that earlier boards had too are copied. @param own names of files that differ from board to board */
export function writeBoard(interpreter: string, folder: string, files: Map<string, string>, own: RegExp): void {
    const image = join(folder, "espruino.flash");
    const common = new Map([...files].filter(([name]) => !own.test(name)));
    const rest = new Map([...files].filter(([name]) => own.test(name)));
    if (existsSync(image)) {
        writeStorage(interpreter, folder, files);
        return;
    }
    const key = JSON.stringify([interpreter, ...common]);
    const known = images.get(key);
    if (known === undefined) {
        writeStorage(interpreter, folder, common);
        images.set(key, readFileSync(image));
    } else {
        writeFileSync(image, known);
    }
    writeStorage(interpreter, folder, rest);
}
