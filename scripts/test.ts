/** `npm test [-- file …]`: builds both bundles, then runs every test/**\/*.test.ts. The totals are the last lines. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BuildError, ROOT, buildAll } from "./build.ts";

/** No test file may take longer. */
const FILE_TIMEOUT_MS = 600_000;

function testFiles(): string[] {
    return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join("test", name))
        .sort();
}

/** Passes node's output on and keeps its closing totals for the end, behind the details of what failed. */
function runTests(files: string[]): Promise<number> {
    const child = spawn(
        process.execPath,
        [
            "--import",
            "tsx",
            "--test",
            "--test-concurrency=2",
            `--test-timeout=${FILE_TIMEOUT_MS}`,
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
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

try {
    await buildAll();
    const named = process.argv.slice(2);
    process.exitCode = await runTests(named.length > 0 ? named : testFiles());
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
