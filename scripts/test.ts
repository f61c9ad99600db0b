/**
 * `npm test`: builds both bundles, then runs every test/**\/*.test.ts but those that take long and are called *.long.test.ts.
 * `npm run test:long` runs these, with `-- NAME …` those of these names, as long as they take; `--all` both (CI does), `-- file …` the files named.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildAll } from "../bundler/build.ts";
import { BuildError, ROOT } from "../bundler/output.ts";
import { runTests } from "./run-tests.ts";

const LONG = /\.long\.test\.ts$/;

/** What takes longest is begun first, so that no file goes on alone when all others have ended. */
const FIRST = [
    /\.long\./,
    /^test\/e2e\//,
    /^test\/(docs\/commands|gateway\/cli\/serve|runtimes\/conformance-|emulator\/(devices|emulate|lua\/))/,
    /^test\/(contract|bundler|gateway\/store|flash-scripts)\//,
];

function testFiles(): string[] {
    const rankOf = (file: string) => {
        const at = FIRST.findIndex((form) => form.test(file));
        return at < 0 ? FIRST.length : at;
    };
    return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join("test", name))
        .sort((one, other) => rankOf(one) - rankOf(other) || (one < other ? -1 : 1));
}

function choose(words: string[]): string[] {
    const [which, ...names] = words;
    if (which === "--all") return testFiles();
    if (which === "--long") {
        const long = testFiles().filter((file) => LONG.test(file));
        return names.length === 0 ? long : long.filter((file) => names.some((name) => file.includes(name)));
    }
    if (words.length > 0) return words;
    const long = testFiles().filter((file) => LONG.test(file));
    long.forEach((file) => console.log(`not run here, but by npm run test:long: ${file}`));
    return testFiles().filter((file) => !LONG.test(file));
}

try {
    process.chdir(ROOT);
    await buildAll();
    const words = process.argv.slice(2);
    const asLongAsItTakes = words[0] === "--long" && words.length > 1;
    process.exitCode = await runTests(choose(words), (line) => console.log(line), asLongAsItTakes ? 0 : undefined);
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
