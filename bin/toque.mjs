#!/usr/bin/env node
// Runs the gateway and its commands as plain JavaScript, which is made of the sources when it is not there yet.
import { findBundle } from "./build.mjs";

let bundle;
try {
    bundle = await findBundle();
} catch (error) {
    process.stderr.write(`toque: ${error.message}\n`);
    process.exit(1);
}
process.setSourceMapsEnabled(true); // what goes wrong is told by the sources' names and lines
await import(bundle);
