import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { runToque } from "../support/toque.ts";
import { PAGES, ROOT, blocksOf, proseOf } from "./pages.ts";

const run = promisify(execFile);
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
const FLAG = /(?<![\w-])--[a-z][\w-]*/g;
/** Flags of other programs that a page may name. */
const FOREIGN = ["--save-dev", "--now", "--import", "--test", "--max-semi-space-size"];

/** What a command prints about itself, by its words: "number add". */
const help = new Map<string, string>();

async function readHelp(words: string[]): Promise<void> {
    const { stdout, stderr } = await runToque([...words, "--help"]);
    help.set(words.join(" "), stdout + stderr);
    const [, commands = ""] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
    for (const [, name] of commands.matchAll(/^ {2}([a-z][a-z-]*)/gm))
        if (name !== "help") await readHelp([...words, name!]);
}

async function readScriptHelp(script: string): Promise<void> {
    const [program = ""] = /\S+\.ts$/.exec(scripts[script]!) ?? [];
    const ended = await run(process.execPath, ["--import", "tsx", program, "--help"], { cwd: ROOT }).catch(
        (error: unknown) => error,
    );
    const { stdout, stderr } = ended as { stdout: string; stderr: string };
    help.set(script, stdout + stderr);
}

before(async () => {
    await readHelp([]);
    await Promise.all([readHelp(["emulate"]), readScriptHelp("bench")]);
});

/** Pieces of a page that may be commands: lines of blocks, and what stands between backticks. */
function piecesOf(page: string): string[] {
    const lines = blocksOf(page).flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, "").split("\n"));
    return [...lines, ...[...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, piece]) => piece!)];
}

for (const page of PAGES) {
    test(`${page}: the commands and options that it names exist`, () => {
        const every = [...help.values()].join("\n");
        const has = (text: string, flag: string) => new RegExp(`${flag}(?![\\w-])`).test(text);
        for (const piece of piecesOf(page)) {
            const [, rest] = /(?:^|npx |bin\/)toque(?:\.mjs)? ([^|]*)/.exec(piece) ?? [];
            const [, script] = /npm run ([\w:]+)/.exec(piece) ?? [];
            if (script !== undefined) assert.ok(scripts[script] !== undefined, piece);
            const words = (rest ?? "").split(" ").filter((word) => /^[a-z][a-z-]*$/.test(word));
            const names = words.length === 0 ? [] : [words.slice(0, 2).join(" "), words[0]!];
            const command = names.find((name) => help.has(name));
            if (rest !== undefined && words.length > 0) assert.ok(command !== undefined, `${piece}: no such command`);
            for (const [flag] of piece.matchAll(FLAG)) {
                if (FOREIGN.includes(flag) || flag === "--help" || flag === "--version") continue;
                const source = script !== undefined && help.get(script) === undefined ? sourceOf(script) : undefined;
                const text = source ?? help.get(script ?? command ?? "none") ?? every;
                assert.ok(has(text, flag), `${piece}: no option ${flag}`);
            }
        }
    });
}

/** The source of a script that has no help. */
function sourceOf(script: string): string {
    const [program = ""] = /\S+\.ts$/.exec(scripts[script]!) ?? [];
    return readFileSync(join(ROOT, program), "utf8");
}
