/** `npm run check`: types of every project, the core as Lua, lint, formatting, and who imports whom. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { compileLua } from "../bundler/lua/compile.ts";
import { BuildError, ROOT } from "../bundler/output.ts";

/** Runs a tool of node_modules; true if it was content. */
function run(script: string, ...args: string[]): boolean {
    const result = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, stdio: "inherit" });
    return result.status === 0;
}

/** Compiles the core and the NodeMCU board to Lua 5.1, as the bundle is, and holds it to what NodeMCU can load. */
function coreIsLua(): boolean {
    try {
        compileLua(join(ROOT, "device/nodemcu/main.ts"));
        return true;
    } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        console.error(error.message);
        return false;
    }
}

const TSC = "node_modules/typescript/bin/tsc";
const STEPS: [name: string, step: () => boolean][] = [
    ["types: Node", () => run(TSC, "-p", ".")],
    ["types: device core", () => run(TSC, "-p", "device/core", "--noEmit")],
    ["types: Espruino", () => run(TSC, "-p", "device/espruino", "--noEmit")],
    ["types: examples", () => run(TSC, "-p", "device/examples")],
    ["types: NodeMCU", () => run(TSC, "-p", "device/nodemcu", "--noEmit")],
    ["core as Lua 5.1", coreIsLua],
    ["eslint", () => run("node_modules/eslint/bin/eslint.js", ".", "--max-warnings", "0")],
    ["prettier", () => run("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")],
    ["who imports whom", () => run("--import", "tsx", "--test", "--test-reporter", "dot", "test/imports.test.ts")],
];

const failed: string[] = [];
for (const [name, step] of STEPS) {
    const startMs = performance.now();
    const good = step();
    if (!good) failed.push(name);
    console.log(`${good ? "ok  " : "FAIL"} ${name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
}
if (failed.length > 0) {
    console.error(`\nnot right: ${failed.join(", ")}`);
    process.exitCode = 1;
}
