import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundleTests } from "./bundle-tests.ts";

/** No test file may take longer, unless it was asked for by name. */
const FILE_TIMEOUT_MS = 600_000;
/** Some of a file's time is waiting, for a disk or for a timer under test. */
const AT_ONCE = availableParallelism() + 1;
const REPORTER = new URL("failed-files.js", import.meta.url).href;
/** Of the lines that node's runner ends with. */
const TOTAL = /^\W*((?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+)\W*$/;

interface Run {
    code: number;
    totals: string[];
    /** the files in which a test that failed is written; a suite's tests stand in a file that test files import */
    failedIn: string[];
}

/**
 * Runs test files in the order given, a few at a time. Each that fails is run once more, alone: a diagnosis, which changes neither the exit code nor the
 * totals. The last lines are the first run's totals.
 * @param write gets each line
 * @param timeoutMs of a file; 0: none
 * @returns the first run's exit code
 */
export async function runTests(
    files: string[],
    write: (line: string) => void,
    timeoutMs = FILE_TIMEOUT_MS,
): Promise<number> {
    if (files.length === 0) throw new Error("There is no test file to run.");
    const bundled = await bundleTests(files);
    try {
        const first = await run(bundled.files, AT_ONCE, timeoutMs, write);
        const diagnoses: string[] = [];
        for (const [at, file] of files.entries()) {
            const built = bundled.files[at]!;
            if (!first.failedIn.some((place) => place === built || bundled.uses(file, place))) continue;
            write(`\nAgain, alone, as a diagnosis: ${file}`);
            const { code } = await run([built], 1, timeoutMs, write);
            diagnoses.push(code === 0 ? `flaky: ${file} (passed when alone; the run stays failed)` : `red: ${file}`);
        }
        [...diagnoses, ...first.totals].forEach(write);
        return first.code;
    } finally {
        bundled.remove();
    }
}

async function run(
    files: string[],
    concurrency: number,
    timeoutMs: number,
    write: (line: string) => void,
): Promise<Run> {
    const folder = mkdtempSync(join(tmpdir(), "toque-test-"));
    const failedList = join(folder, "failed");
    const node = [
        "--enable-source-maps",
        "--test",
        `--test-concurrency=${concurrency}`,
        ...(timeoutMs === 0 ? [] : [`--test-timeout=${timeoutMs}`]),
    ];
    const reporters = [
        ["--test-reporter=spec", "--test-reporter-destination=stdout"],
        [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${failedList}`],
    ].flat();
    const env = {
        ...process.env,
        NODE_TEST_CONTEXT: undefined, // by it node's runner knows its own children: under it, a test of this would run nothing
        NODE_EXTRA_CA_CERTS: undefined, // a third of a start of Node goes into reading them; the tests ask nobody outside
    };
    const child = spawn(process.execPath, [...node, ...reporters, ...files], {
        stdio: ["ignore", "pipe", "inherit"],
        env,
    });
    const totals: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
        const total = TOTAL.exec(line)?.[1];
        if (total === undefined) write(line);
        else totals.push(`# ${total}`);
    });
    try {
        const code = await new Promise<number>((resolve, reject) => {
            child.once("error", reject);
            child.once("close", (code) => resolve(code ?? 1));
        });
        const failedIn = existsSync(failedList) ? readFileSync(failedList, "utf8").split("\n").filter(Boolean) : [];
        return { code, totals, failedIn };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
