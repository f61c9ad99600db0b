/**
 * `npm test [-- file …]`: builds both bundles, then runs every test/**\/*.test.ts. The totals are the last lines.
 *
 * A file that fails is run once more, alone, and what it says then counts: many tests here are conversations between processes with
 * deadlines, and a machine that is busy with the next file can hold one of them up. Both runs are printed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { BuildError, ROOT, buildAll } from "../bundler/build.ts";

/** No test file may take longer. */
const FILE_TIMEOUT_MS = 600_000;

function testFiles(): string[] {
    return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join("test", name))
        .sort();
}

/** Passes node's output on and keeps its closing totals for the end, behind the details of what failed. */
function runTests(files: string[], concurrency: number, failedList: string): Promise<number> {
    const child = spawn(
        process.execPath,
        [
            "--import",
            "tsx",
            "--test",
            `--test-concurrency=${concurrency}`,
            `--test-timeout=${FILE_TIMEOUT_MS}`,
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
            "--test-reporter=./scripts/failed-files.js",
            `--test-reporter-destination=${failedList}`,
            ...files,
        ],
        { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], env: process.env },
    );
    const totals: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
        const total = /^\W*((?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+)\W*$/.exec(line)?.[1];
        if (total === undefined) console.log(line);
        else totals.push(`# ${total}`);
    });
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
            totals.forEach((line) => console.log(line));
            resolve(code ?? 1);
        });
    });
}

/** Whether a file is the other or imports it, however indirectly: a suite's tests stand in a file that several test files run. */
function uses(file: string, other: string, seen = new Set<string>()): boolean {
    if (file === other) return true;
    if (seen.has(file) || !existsSync(file)) return false;
    seen.add(file);
    const imports = readFileSync(file, "utf8").matchAll(/\bfrom "(\.{1,2}\/[^"]+)"/g);
    return [...imports].some(([, path]) => uses(join(dirname(file), path!), other, seen));
}

/** @returns the exit code of what counts */
async function runTwice(files: string[]): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), "toque-test-"));
    const list = join(folder, "failed");
    try {
        const code = await runTests(files, 2, list);
        const places = readFileSync(list, "utf8").split("\n").filter(Boolean);
        if (code === 0 || places.length === 0) return code;
        const failed = files.filter((file) => places.some((place) => uses(resolve(ROOT, file), place)));
        if (failed.length === 0) return code;
        console.log(`\nRun again, alone, because a test in it failed:\n${failed.join("\n")}\n`);
        return await runTests(failed, 1, list);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

try {
    await buildAll();
    const named = process.argv.slice(2);
    process.exitCode = await runTwice(named.length > 0 ? named : testFiles());
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
