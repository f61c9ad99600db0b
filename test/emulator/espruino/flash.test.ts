import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { ROOT } from "../../../bundler/build.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";

const interpreter = process.env.ESPRUINO;

/** `FLASH_KILLS=500` for the long run. */
const KILLS = Number(process.env.FLASH_KILLS ?? 40);
const LONGEST_RUN_MS = 250;
/** The interpreter on Linux makes a table of its files at boot when there are a hundred, and believes it when it is torn. Boards have none. */
const STATES_A_FLASH = 60;
/** A board that says nothing for so long has lost its program. */
const BOOT_MS = 5000;

/** Writes states in a row, as fast as the interpreter goes, and says so after each; at boot it says what it found. */
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

/** Runs the program from flash until it is killed. @returns what it found at boot, and the last state it said was saved */
function runAndKill(folder: string, afterMs: number): Promise<{ found: string; saved: number; said: string }> {
    const child = spawn(interpreter!, [], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
    let said = "";
    let booted = false;
    let timer = setTimeout(() => child.kill("SIGKILL"), BOOT_MS);
    child.stdout.on("data", (data: Buffer) => {
        said += data.toString("latin1");
        if (booted || !FOUND.test(said)) return;
        booted = true;
        clearTimeout(timer);
        timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    });
    return new Promise((resolve) => {
        child.on("close", () => {
            clearTimeout(timer);
            const found = FOUND.exec(said)?.[1] ?? "no boot";
            const saved = Number([...said.matchAll(/#saved (\d+)\r?\n/g)].at(-1)?.[1] ?? 0);
            resolve({ found, saved, said });
        });
    });
}

/** A sequence that looks random and is the same each time. Park and Miller's generator. */
function createRandom(seed: number): () => number {
    let state = seed;
    return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const skip = interpreter ? false : "ESPRUINO is not set: genuine Espruino interpreter";

// On a full flash Storage is compacted, and the firmware does that by erasing all of it: killed right then, the board has lost
// everything, its program too (seen once in some 400 kills of a run that compacted every 27 writes). No slot can help there; the device
// writes once an hour at most, so it comes to a fraction of a second in days.
test(`flash: killed ${KILLS} times while writing a state: none is lost`, { skip }, async (t) => {
    const seed = Number(process.env.SEED ?? 1 + (Date.now() % 2147483646));
    t.diagnostic(`SEED=${seed}`);
    const random = createRandom(seed);
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
        writeStorage(interpreter!, folder, new Map([[".bootcde", outputFiles[0]!.text]]));
    };
    renew();
    let last = 0;
    let written = 0;
    for (let kill = 0; kill < KILLS; kill++) {
        const { found, saved, said } = await runAndKill(folder, random() * LONGEST_RUN_MS);
        assert.doesNotMatch(said, /#no room/, `kill ${kill}`);
        // what it said was saved is there, or the one it was about to say
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
