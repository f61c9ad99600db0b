/**
 * `npm ci`, `npm run build:commands`: makes plain JavaScript of the gateway with its commands and of the emulator, below dist/. Plain
 * JavaScript itself, and with packages of `dependencies` only, so that `npm ci --omit=dev` can run it on every Node.
 */
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { writeBuilt } from "../bin/built.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The packages are CommonJS for the most part and ask for Node's own modules. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** In one file and its map, but for libsql and serialport, which are no JavaScript. */
const GATEWAY = {
    entryPoints: { toque: "gateway/cli/main.ts", worker: "gateway/store/worker.ts" },
    external: ["libsql", "serialport"],
    banner: { js: REQUIRE },
};
const EMULATOR = {
    entryPoints: { emulate: "emulator/emulate.ts", main: "emulator/library/main.ts" },
    packages: "external",
};
/** Files that the emulator reads when it runs, where its sources look for them. */
const READ = [
    "emulator/espruino/watch.js",
    "emulator/espruino/hands.js",
    "emulator/espruino/wifi.js",
    "emulator/lua/firmware",
];

/** @param {string} dist the folder that gets `gateway` and `emulator` */
function buildCommands(dist) {
    const [gateway, emulator] = [join(dist, "gateway"), join(dist, "emulator")];
    writeBuilt(gateway, bundle(gateway, GATEWAY));
    writeBuilt(emulator, new Map([...bundle(emulator, EMULATOR), ...filesToRead()]));
}

/** @param {string} outdir where the files will lie @param {import("esbuild").BuildOptions} options @returns {Map<string, Uint8Array>} */
function bundle(outdir, options) {
    const { outputFiles } = buildSync({
        absWorkingDir: ROOT,
        outdir,
        write: false,
        outExtension: { ".js": ".mjs" },
        bundle: true,
        splitting: true,
        format: "esm",
        platform: "node",
        target: "node20.19",
        minifySyntax: true,
        minifyWhitespace: true,
        legalComments: "none",
        sourcemap: true,
        sourcesContent: false,
        logLevel: "silent",
        ...options,
    });
    return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

/** @returns {[string, Uint8Array][]} */
function filesToRead() {
    return READ.flatMap((path) => {
        const names = lstatSync(join(ROOT, path)).isDirectory() ? readdirSync(join(ROOT, path)) : [""];
        return names.map((name) => [join(basename(path), name), readFileSync(join(ROOT, path, name))]);
    });
}

try {
    buildCommands(resolve(process.argv[2] ?? join(ROOT, "dist")));
} catch (error) {
    console.error(`The commands could not be built: ${error.message}`);
    process.exitCode = 1;
}
