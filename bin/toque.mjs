#!/usr/bin/env node
// Runs the gateway and its commands, or an emulated board, as `npm ci` or `npm run package` built them.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkBuilt } from "./built.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PARENT_LOOK_MS = 500;

/** `npx toque` and `npm start` pass a signal to their shell and not to this process: it ends when the shell has ended. */
function endWithShell() {
    const { ppid, pid } = process;
    const timer = setInterval(() => {
        if (process.ppid === ppid) return;
        clearInterval(timer);
        process.kill(pid, "SIGTERM");
    }, PARENT_LOOK_MS).unref();
}

const emulates = process.argv[2] === "emulate";
const program = join(ROOT, "dist", emulates ? "emulator/emulate.mjs" : "gateway/toque.mjs");
const isRepository = existsSync(join(ROOT, "scripts/build-commands.mjs")); // the package has only what is built
try {
    checkBuilt(dirname(program), isRepository ? `run "npm run build:commands" in ${ROOT}.` : "install Toque again.");
} catch (error) {
    process.stderr.write(`toque: ${error.message}\n`);
    process.exit(1);
}
if (["npx", "start"].includes(process.env.npm_lifecycle_event)) endWithShell();
// What fails names the lines of the sources. The gateway, which runs for months, reads the maps when it logs a bug.
if (process.argv[2] !== "serve") process.setSourceMapsEnabled(true);
const { emulate } = await import(pathToFileURL(program).href);
if (emulates) await emulate(process.argv.slice(3));
