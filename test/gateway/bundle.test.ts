import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    appendFileSync,
    cpSync,
    existsSync,
    lutimesSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const INSTALLED = ["bin", "gateway", "shared", "package.json", "package-lock.json"];
/** A build that other work slows down has this long. */
const TIMEOUT_MS = 120_000;

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** What a person has after `npm ci`: sources and packages, nothing built. */
function install(): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-installed-"));
    folders.push(folder);
    for (const name of INSTALLED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    return folder;
}

function toque(folder: string, ...words: string[]) {
    const options = { cwd: folder, encoding: "utf8", timeout: TIMEOUT_MS } as const;
    return spawnSync(process.execPath, [join(folder, "bin/toque.mjs"), ...words], options);
}

function bundles(folder: string): string[] {
    return readdirSync(join(folder, "dist/gateway"));
}

test("bundle: made at the first start and used by the next; a source that changed makes another one", () => {
    const folder = install();
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    const first = toque(folder, "--version");
    assert.deepEqual([first.status, first.stdout, first.stderr], [0, `${version}\n`, ""]);
    const made = bundles(folder);
    assert.equal(made.length, 1);
    assert.equal(
        statSync(join(folder, "dist/gateway", made[0]!)).mode & 0o777,
        0o755,
        "one user builds, another runs it",
    );

    rmSync(join(folder, "node_modules")); // nothing to build with, and for this command nothing else is needed
    assert.equal(toque(folder, "--version").stdout, `${version}\n`);
    assert.deepEqual(bundles(folder), made);

    appendFileSync(join(folder, "gateway/number.ts"), "\n// something else\n");
    const unbuilt = toque(folder, "--version");
    assert.equal(unbuilt.status, 1);
    assert.match(unbuilt.stderr, /^toque: Toque could not be built from its sources: run "npm ci" again\./);
    assert.deepEqual(bundles(folder), made, "what could not be built leaves nothing behind");

    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    assert.equal(toque(folder, "--version").status, 0);
    assert.equal(bundles(folder).length, 2, "the one before may be running");
});

for (const umask of ["000", "077"]) {
    test(`bundle: with umask ${umask} all can read it, and none but its owner can write it`, () => {
        const folder = install();
        const words = [join(folder, "bin/toque.mjs"), "--version"];
        const { status } = spawnSync("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", process.execPath, ...words]);
        assert.equal(status, 0);
        const [bundle = ""] = bundles(folder);
        for (const path of ["dist", "dist/gateway", `dist/gateway/${bundle}`])
            assert.equal(statSync(join(folder, path)).mode & 0o777, 0o755, path);
        const files = readdirSync(join(folder, "dist/gateway", bundle));
        assert.ok(files.includes("toque.mjs") && files.includes("worker.mjs"));
        for (const file of files) {
            assert.equal(statSync(join(folder, "dist/gateway", bundle, file)).mode & 0o777, 0o644, file);
        }
    });
}

test("bundle: old ones go, and what cannot be looked at does not stop a start", () => {
    const folder = install();
    const built = join(folder, "dist/gateway");
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of ["old", "young"]) mkdirSync(join(built, name), { recursive: true });
    symlinkSync("nowhere", join(built, "link"));
    symlinkSync("nowhere", join(built, "young-link"));
    utimesSync(join(built, "old"), old, old);
    lutimesSync(join(built, "link"), old, old);
    const { status, stderr } = toque(folder, "--version");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.deepEqual(
        bundles(folder).filter((name) => !/^[0-9a-f]{16}$/.test(name)),
        ["young", "young-link"],
    );
});

test("bundle: what goes wrong is told by the sources' names and lines", () => {
    const folder = install();
    const lines = readFileSync(join(folder, "gateway/cli/main.ts"), "utf8").split("\n").length;
    appendFileSync(join(folder, "gateway/cli/main.ts"), 'throw new Error("on purpose");\n');
    const { status, stderr } = toque(folder, "--version");
    assert.notEqual(status, 0);
    assert.match(stderr, new RegExp(`gateway/cli/main\\.ts:${lines}:`));
});

test("bundle: the store's thread is in it, and its mistakes name their sources, too", () => {
    const folder = install();
    const worker = join(folder, "gateway/store/worker.ts");
    const lines = readFileSync(worker, "utf8").split("\n").length;
    appendFileSync(worker, 'if (parentPort !== null) throw new Error("on purpose");\n');
    const ports = ["--mqtt-port", "0", "--http-port", "0"];
    const { status, stderr } = toque(folder, "serve", "--data", join(folder, "data"), ...ports);
    assert.equal(status, 1);
    assert.match(stderr, /on purpose/);
    assert.match(stderr, new RegExp(`gateway/store/worker\\.ts:${lines}:`));
    assert.ok(existsSync(join(folder, "data")));
});
