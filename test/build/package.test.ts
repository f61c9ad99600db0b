import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NPM = process.env.npm_execpath;
/** What packs and what tests, when other work slows it down. */
const TIMEOUT_MS = 120_000;

const FOLDER = mkdtempSync(join(tmpdir(), "toque-package-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

function run(cwd: string, program: string, ...words: string[]) {
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }; // a runner of its own, not a part of this one
    return spawnSync(program, words, { cwd, env, encoding: "utf8", timeout: TIMEOUT_MS });
}

/** A project that has installed the package, and of npm's other packages only what the package asks for. */
function install(archive: string): string {
    const project = join(FOLDER, "a project — ñ");
    const installed = join(project, "node_modules/toque");
    mkdirSync(installed, { recursive: true });
    const { status, stderr } = run(FOLDER, "tar", "-xzf", archive, "-C", installed, "--strip-components=1");
    assert.equal(status, 0, stderr);
    const manifest = readFileSync(join(installed, "package.json"), "utf8");
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies))
        symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    return project;
}

test(
    "package: its README's test of one's own firmware passes where it is installed",
    { skip: NPM === undefined },
    () => {
        const packed = run(ROOT, process.execPath, "--import", "tsx", "scripts/package.ts", FOLDER);
        assert.equal(packed.status, 0, packed.stderr);
        const project = install(readdirSync(FOLDER).find((name) => name.endsWith(".tgz"))!);

        const readme = readFileSync(join(project, "node_modules/toque/README.md"), "utf8");
        const [, ...blocks] = readme.split("```js\n").map((text) => text.split("\n```")[0]!);
        assert.equal(blocks.length, 2);
        writeFileSync(join(project, "board.test.js"), blocks[0]!);
        writeFileSync(join(project, "app.js"), blocks[1]!);
        const tested = run(project, process.execPath, "--test", "board.test.js");
        assert.equal(tested.status, 0, tested.stdout + tested.stderr);
        assert.match(tested.stdout, /^(#|ℹ) pass 1$/m);

        writeFileSync(
            join(project, "board.test.js"),
            blocks[0]!.replace('"espruino-sim", app: "app.js"', '"lua", app: "app.lua"'),
        );
        writeFileSync(join(project, "app.lua"), "function onPush(message) print(message.body) end\n");
        assert.match(run(project, process.execPath, "--test", "board.test.js").stdout, /^(#|ℹ) pass 1$/m);

        const toque = join(project, "node_modules/toque/bin/toque.mjs");
        const help = run(project, process.execPath, toque, "emulate", "--help");
        assert.match(help.stderr, /^toque emulate <number>/);
        assert.match(run(project, process.execPath, toque, "--version").stdout, /^\d+\.\d+\.\d+\n$/);
    },
);
