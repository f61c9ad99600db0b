/** `npm run build [-- espruino nodemcu]`: makes what is flashed. */
import { readFileSync } from "node:fs";
import { buildAll } from "../bundler/build.ts";
import { BuildError, ROOT } from "../bundler/output.ts";

const boards = process.argv.slice(2);
try {
    for (const file of await buildAll(boards.length > 0 ? boards : undefined)) {
        console.log(`${file.slice(ROOT.length)}: ${readFileSync(file).length} octets`);
    }
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
