/** `npm run nodes [-- file …]`: `npm ci`, the build and the tests, or the named ones, on every Node that Toque supports, in a copy of the sources. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "../bundler/output.ts";

/** Versions of the npm package `node`, which carries binaries. */
const NODES = ["20.19", "22", "24"];

const npm = process.env.npm_execpath;
const folder = mkdtempSync(join(tmpdir(), "toque-nodes-"));
const copy = join(folder, "toque");

function run(cwd: string, path: string, node: string, ...words: string[]): boolean {
    const env = { ...process.env, PATH: `${path}${delimiter}${process.env.PATH}` };
    return spawnSync(node, words, { cwd, env, stdio: "inherit" }).status === 0;
}

try {
    if (npm === undefined) throw new Error("Run it with npm: npm run nodes.");
    mkdirSync(copy);
    const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT });
    execFileSync("tar", ["-C", copy, "-x"], {
        input: execFileSync("tar", ["-C", ROOT, "--null", "-T", "-", "-c"], { input: files, maxBuffer: 2 ** 28 }),
    });
    for (const version of NODES) {
        const home = join(folder, version);
        mkdirSync(home);
        writeFileSync(join(home, "package.json"), "{}");
        const bin = join(home, "node_modules/node/bin");
        const good =
            run(home, bin, process.execPath, npm, "install", "--silent", `node@${version}`) &&
            run(copy, bin, join(bin, "node"), npm, "ci", "--no-audit", "--no-fund") &&
            run(copy, bin, join(bin, "node"), npm, "test", "--", ...process.argv.slice(2));
        console.log(`Node ${version}: ${good ? "ok" : "FAILED"}`);
        if (!good) process.exitCode = 1;
    }
} catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
} finally {
    rmSync(folder, { recursive: true, force: true });
}
