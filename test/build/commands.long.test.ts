import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    appendFileSync,
    cpSync,
    existsSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkBuilt } from "../../bin/built.mjs";

// `npm ci` and `npm run package` build the commands with scripts/build-commands.mjs; bin/toque.mjs runs what was built.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["bin", "boards", "bundler", "device", "emulator", "flash-scripts", "gateway", "shared"];
const FILES = ["package.json", "tsconfig.json", "scripts/build-commands.mjs"];
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
/** Generous: other tests run at the same time. */
const TIMEOUT_MS = 120_000;

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The sources with their packages, not built. */
function checkOut(): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-commands-"));
    folders.push(folder);
    for (const name of [...SOURCES, ...FILES]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    return folder;
}

function run(folder: string, script: string, ...words: string[]) {
    const options = { cwd: folder, encoding: "utf8", timeout: TIMEOUT_MS } as const;
    return spawnSync(process.execPath, [join(folder, script), ...words], options);
}

const toque = (folder: string, ...words: string[]) => run(folder, "bin/toque.mjs", ...words);

function build(folder: string) {
    const { status, stderr } = run(folder, "scripts/build-commands.mjs");
    assert.deepEqual([status, stderr], [0, ""]);
}

const built = checkOut();
build(built);
for (const board of ["espruino", "nodemcu"])
    cpSync(join(ROOT, "dist", board), join(built, "dist", board), { recursive: true });

test("commands: what is not built ends with what to do; once built, it needs no packages to build with", () => {
    const folder = checkOut();
    for (const words of [["--version"], ["emulate", "--help"]]) {
        const { status, stdout, stderr } = toque(folder, ...words);
        assert.deepEqual([status, stdout], [1, ""]);
        assert.match(stderr, /^toque: \S+built\.json is missing: run "npm run build:commands" in \S+\.\n$/);
    }
    build(folder);
    rmSync(join(folder, "node_modules"));
    const { status, stdout, stderr } = toque(folder, "--version");
    assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, ""]);
});

test("commands: a build that fails leaves the one before; one that works removes what is not its own", () => {
    const folder = checkOut();
    build(folder);
    const main = join(folder, "gateway/cli/main.ts");
    const source = readFileSync(main, "utf8");
    writeFileSync(main, "const");
    const failed = run(folder, "scripts/build-commands.mjs");
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /^The commands could not be built: .+gateway\/cli\/main\.ts:1:5: ERROR/s);
    assert.equal(toque(folder, "--version").status, 0);
    writeFileSync(main, source.replace(/^process\.exitCode = /m, 'console.log("made anew");\n$&'));
    writeFileSync(join(folder, "dist/gateway/old.mjs"), "");
    build(folder);
    assert.equal(toque(folder, "--version").stdout, `made anew\n${version}\n`);
    assert.equal(existsSync(join(folder, "dist/gateway/old.mjs")), false);
});

/** What a power cut or a bad card may leave of a file. */
const DAMAGES: [name: string, damage: (path: string, size: number) => void][] = [
    ["empty", (path) => truncateSync(path, 0)],
    ["half", (path, size) => truncateSync(path, Math.floor(size / 2))],
    ["one octet short", (path, size) => truncateSync(path, size - 1)],
    ["zeros", (path, size) => writeFileSync(path, Buffer.alloc(size))],
    ["missing", (path) => rmSync(path)],
];
const COMMANDS: Record<string, string[]> = {
    gateway: ["send", "+34600111222", "hi"],
    emulator: ["emulate", "--help"],
    espruino: ["emulate", "+34600111222", "--route", "R", "--secret", "S", "--runtime", "espruino-sim"],
    nodemcu: ["emulate", "+34600111222", "--route", "R", "--secret", "S", "--runtime", "lua"],
};
for (const [name, command] of Object.entries(COMMANDS)) {
    test(`commands: no file of dist/${name} is trusted by its name alone`, () => {
        const folder = join(built, "dist", name);
        const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
            .map((file) => join(folder, file))
            .filter((file) => statSync(file).isFile() && !file.endsWith(".map"));
        assert.ok(files.length > 1);
        checkBuilt(folder, "build it.");
        files.forEach((file, at) => {
            const whole = readFileSync(file);
            DAMAGES.forEach(([damage, harm], kind) => {
                harm(file, whole.length);
                const refused = (error: Error) =>
                    error.message.startsWith(`${file} is `) &&
                    /is (missing|damaged, or was not wholly built): build it\.$/.test(error.message);
                assert.throws(() => checkBuilt(folder, "build it."), refused, `${file}, ${damage}`);
                // and the command asks it: once for each kind of damage, each of another file
                if (at === kind % files.length) {
                    const { status, stdout, stderr } = toque(built, ...command);
                    assert.deepEqual([status, stdout], [1, ""], `${file}, ${damage}`);
                    assert.match(stderr, /^(toque: )?\S+ is .+: run "npm run .+\.\n$/);
                    assert.ok(stderr.includes(file), stderr);
                }
                writeFileSync(file, whole);
            });
        });
        assert.equal(toque(built, "--version").status, 0);
    });
}

for (const umask of ["000", "077"]) {
    test(`commands: built with umask ${umask}, all can read them and only the owner can write them`, () => {
        const folder = checkOut();
        const words = [process.execPath, join(folder, "scripts/build-commands.mjs")];
        assert.equal(spawnSync("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...words]).status, 0);
        assert.equal(statSync(join(folder, "dist")).mode & 0o777, 0o755);
        for (const name of readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" })) {
            const status = statSync(join(folder, "dist", name));
            assert.equal(status.mode & 0o777, status.isDirectory() ? 0o755 : 0o644, name);
        }
    });
}

test("commands: errors name the sources' lines, in the store's thread, too", () => {
    const folder = checkOut();
    const lineOf = (path: string) => `${path}:${readFileSync(join(folder, path), "utf8").split("\n").length}:`;
    const [main, worker] = ["gateway/cli/main.ts", "gateway/store/worker.ts"] as const;
    const [mainLine, workerLine] = [lineOf(main), lineOf(worker)];
    appendFileSync(join(folder, worker), 'if (parentPort !== null) throw new Error("on purpose");\n');
    build(folder);
    const ports = ["--mqtt-port", "0", "--http-port", "0"];
    const served = toque(folder, "serve", "--data", join(folder, "data"), ...ports);
    assert.equal(served.status, 1);
    assert.match(served.stderr, /on purpose/);
    assert.ok(served.stderr.includes(workerLine), served.stderr);
    appendFileSync(join(folder, main), 'throw new Error("on purpose");\n');
    build(folder);
    const { status, stderr } = toque(folder, "--version");
    assert.notEqual(status, 0);
    assert.ok(stderr.includes(mainLine), stderr);
});
