import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../bundler/output.ts";
import { bundleEspruino } from "../../bundler/espruino/build.ts";
import { compileForBoard } from "../../emulator/lua/compile.ts";

/** Modules in the device's dialect that export `createPlayer(write)`: they answer lines with lines. */
export type Player = "test/runtimes/vector-player.ts" | "test/scripts/player.ts";

/** What a program writes before the first answer, behind each, and behind the last. */
export const BEGINS = "#begins";
export const ANSWERED = "#answered";
export const ALL_ANSWERED = "#all answered";

function escaped(text: string, escape: (octet: number) => string): string {
    const octets = [...Buffer.from(text, "utf8")];
    const plain = (octet: number): boolean => octet > 31 && octet < 127 && octet !== 34 && octet !== 92;
    return octets.map((octet) => (plain(octet) ? String.fromCharCode(octet) : escape(octet))).join("");
}

const bundles = new Map<string, Promise<string> | string>();

async function espruinoBundle(player: Player): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "toque-player-"));
    try {
        const entry = join(folder, "entry.ts");
        writeFileSync(
            entry,
            `import { createPlayer } from "${join(ROOT, player)}";
            declare function print(text: string): void;
            declare var global: Record<string, unknown>;
            const play = createPlayer(print);
            global.ask = function (line: string) { play(line); print("${ANSWERED}"); };`,
        );
        return await bundleEspruino(entry);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function luaBundle(player: Player): string {
    return compileForBoard(
        `import { createPlayer } from "@/${player}";
        declare let ask: (this: void, line: string) => void;
        const play = createPlayer((line: string) => print(line));
        ask = (line: string) => { play(line); print("${ANSWERED}"); };`,
    );
}

/** Made by the very toolchains that make what is flashed, once for each player. */
function bundleOf(player: Player, language: "espruino" | "lua"): Promise<string> | string {
    const key = `${language} ${player}`;
    const bundle = bundles.get(key) ?? (language === "lua" ? luaBundle(player) : espruinoBundle(player));
    bundles.set(key, bundle);
    return bundle;
}

/** A program that asks the player these lines, one after the other. */
export async function programOf(player: Player, language: "espruino" | "lua", lines: string[]): Promise<string> {
    const lua = language === "lua";
    const escape = (octet: number): string =>
        lua ? `\\${String(octet).padStart(3, "0")}` : `\\x${octet.toString(16).padStart(2, "0")}`;
    const calls = lines.map((line) => `${lua ? "" : "global."}ask("${escaped(line, escape)}")${lua ? "" : ";"}`);
    const prints = (line: string): string => `print("${line}")${lua ? "" : ";"}`;
    const small = (await bundleOf(player, language)).trimEnd();
    const bundle = lua ? `(function() ${small} end)()` : small; // a Lua bundle's globals are its own in its function
    return [bundle, prints(BEGINS), ...calls, prints(ALL_ANSWERED), ""].join("\n");
}

/** What was printed, answer by answer. Undefined: the program did not get that far. */
export function answersOf(printed: string[], asked: number): (string[] | undefined)[] {
    const answers: string[][] = [];
    let answer: string[] = [];
    // an interpreter may introduce itself
    for (const line of printed.slice(printed.indexOf(BEGINS) + 1)) {
        if (line === ANSWERED) {
            answers.push(answer);
            answer = [];
        } else {
            answer.push(line);
        }
    }
    return Array.from({ length: asked }, (_, index) => answers[index]);
}
