/** `npm run check`: types of every project, the core as Lua, lint, formatting, and who imports whom. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { withPrelude } from "../bundler/build.ts";
import { ROOT } from "../bundler/output.ts";
import { compileLua } from "../bundler/lua/bundle.ts";
import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "../bundler/lua/limits.ts";

/** Runs a tool of node_modules; true if it was content. */
function run(script: string, ...args: string[]): boolean {
    const result = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, stdio: "inherit" });
    return result.status === 0;
}

/** Compiles shared/ and device/core to Lua 5.1 and holds every file to what NodeMCU can load. */
function coreIsLua(): boolean {
    const { files, problems } = compileLua(join(ROOT, "device/core/tsconfig.json"));
    for (const [name, lua] of files) {
        try {
            const locals = maxActiveLocals(withPrelude(lua));
            if (locals > MAX_ACTIVE_LOCALS)
                problems.push(`${name}: a function has ${locals} locals at once, ${MAX_ACTIVE_LOCALS} are allowed`);
        } catch (error) {
            problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
    }
    if (files.size === 0) problems.push("typescript-to-lua wrote nothing");
    problems.forEach((problem) => console.error(problem));
    return problems.length === 0;
}

const TSC = "node_modules/typescript/bin/tsc";
const STEPS: [name: string, step: () => boolean][] = [
    ["types: Node", () => run(TSC, "-p", ".")],
    ["types: device core", () => run(TSC, "-p", "device/core", "--noEmit")],
    ["types: Espruino", () => run(TSC, "-p", "device/espruino", "--noEmit")],
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
