#!/usr/bin/env node
// Runs the gateway and its commands as plain JavaScript, which is made of the sources when it is not there yet.
import { findBundle } from "./build.mjs";
import { findEmulator } from "./emulator.mjs";

const emulates = process.argv[2] === "emulate";
let program;
try {
    program = await (emulates ? findEmulator() : findBundle());
} catch (error) {
    process.stderr.write(`toque: ${error.message}\n`);
    process.exit(1);
}
process.setSourceMapsEnabled(true); // what goes wrong is told by the sources' names and lines
const { emulate } = await import(program);
if (emulates) await emulate(process.argv.slice(3));
