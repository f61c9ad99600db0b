import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { ROOT } from "../../../bundler/output.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";
import { chooseSeed, seeded } from "../../support/seeded.ts";

const interpreter = process.env.ESPRUINO;

/** `FLASH_KILLS=500` for the long run. */
const KILLS = Number(process.env.FLASH_KILLS ?? 40);
const LONGEST_RUN_MS = 250;
/** The interpreter on Linux makes a table of its files at boot when there are a hundred, and believes it when it is torn. Boards have none. */
const STATES_A_FLASH = 60;
/** A board that prints nothing for so long has lost its program. */
const BOOT_MS = 5000;

/** Writes states in a row, as fast as the interpreter goes, and prints each; at boot it prints what it found. */
const PROGRAM = `
    import { find, save } from "./device/espruino/flash.ts";
    const found = find("session");
    let state = found.text === "" ? 0 : parseInt(found.text.slice(0, 8), 10);
    print("#found " + (found.text === "" ? "nothing" : state));
    setInterval(function () {
        state++;
        if (!save("session", ("00000000" + state).slice(-8))) print("#no room");
        else print("#saved " + state);
    }, 1);`;

const FOUND = /#found (\w+)\r?\n/;

/** Runs the program from flash until it is killed. @returns what it found at boot, and the last state that it reported as saved */
function runAndKill(folder: string, afterMs: number): Promise<{ found: string; saved: number; printed: string }> {
    const child = spawn(interpreter!, [], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
    let printed = "";
    let booted = false;
    let timer = setTimeout(() => child.kill("SIGKILL"), BOOT_MS);
    child.stdout.on("data", (data: Buffer) => {
        printed += data.toString("latin1");
        if (booted || !FOUND.test(printed)) return;
        booted = true;
        clearTimeout(timer);
        timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    });
    return new Promise((resolve) => {
        child.on("close", () => {
            clearTimeout(timer);
            const found = FOUND.exec(printed)?.[1] ?? "no boot";
            const saved = Number([...printed.matchAll(/#saved (\d+)\r?\n/g)].at(-1)?.[1] ?? 0);
            resolve({ found, saved, printed });
        });
    });
}

const skip = interpreter ? false : "ESPRUINO is not set: genuine Espruino interpreter";

// On a full flash Storage is compacted, and the firmware does that by erasing all of it: killed right then, the board has lost
// everything, its program too (seen once in some 400 kills of a run that compacted every 27 writes). No slot can help there; the device
// writes once an hour at most, so it comes to a fraction of a second in days.
test(`flash: killed ${KILLS} times while writing a state: none is lost`, { skip }, async (t) => {
    const random = seeded(chooseSeed());
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    const folder = mkdtempSync(join(tmpdir(), "toque-flash-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { outputFiles } = await build({
        stdin: { contents: PROGRAM, resolveDir: ROOT, loader: "ts" },
        bundle: true,
        write: false,
        format: "cjs",
        platform: "neutral",
        target: "es2019",
        external: ["Storage"],
    });
    const renew = (): void => {
        rmSync(join(folder, "espruino.flash"), { force: true });
        writeStorage(interpreter!, folder, new Map([[".boot0", outputFiles[0]!.text]]));
    };
    renew();
    let last = 0;
    let written = 0;
    for (let kill = 0; kill < KILLS; kill++) {
        const { found, saved, printed } = await runAndKill(folder, random.fraction() * LONGEST_RUN_MS);
        assert.doesNotMatch(printed, /#no room/, `kill ${kill}`);
        // the last state that it reported is there, or the one after it
        const state = found === "nothing" ? 0 : Number(found);
        assert.ok(state === last || state === last + 1, `kill ${kill}: ${last} was saved, ${found} was found`);
        written += Math.max(state, saved) - last;
        last = Math.max(state, saved);
        if (last < STATES_A_FLASH) continue;
        renew();
        last = 0;
    }
    assert.ok(written > KILLS, `only ${written} states were written`);
    t.diagnostic(`${written} states written`);
});
