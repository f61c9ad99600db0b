// Makes plain JavaScript of the gateway's TypeScript: once, and again when a source has changed. Plain JavaScript itself, so that it
// runs before anything is built, on every Node that the gateway runs on.
import { createHash } from "node:crypto";
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the bundle is made of, beside the packages that the lockfile names. */
const SOURCES = ["gateway", "shared"];
const BUILT_BY = ["package.json", "package-lock.json", "bin/build.mjs"];
const ENTRIES = { toque: "gateway/cli/main.ts", worker: "gateway/store/worker.ts" };
/** In the package, which has no sources: see scripts/package.ts. */
const PACKED = "dist/gateway/packed/toque.mjs";
/** A bundle that another start may still be reading is not that old. */
const KEPT_MS = 3_600_000;

/** The packages are CommonJS for the most part, and ask for Node's own modules. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * The address of the command's bundle, made now unless it is there. Bundles are named after what they are made of, so that one which is
 * running is never written over.
 * @param {string} root the package's folder
 * @throws {Error} with a sentence, when there is none and none can be made
 */
export async function findBundle(root = ROOT) {
    const folder = join(root, "dist/gateway");
    if (existsSync(join(root, PACKED))) return pathToFileURL(join(root, PACKED)).href;
    const bundle = join(folder, fingerprint(root));
    if (!existsSync(bundle)) await build(root, folder, bundle);
    return pathToFileURL(join(bundle, "toque.mjs")).href;
}

/** @param {string} root */
function fingerprint(root) {
    const hash = createHash("sha256");
    const sources = SOURCES.flatMap((name) =>
        readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((file) => join(name, file)),
    );
    for (const file of [...BUILT_BY, ...sources.filter((name) => name.endsWith(".ts")).sort()]) {
        const path = join(root, file);
        if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
    }
    return hash.digest("hex").slice(0, 16);
}

/**
 * Everything in one file and its map, but for the driver of the store, which is no JavaScript.
 * @param {string} root
 * @param {string} folder
 * @param {string} bundle
 */
async function build(root, folder, bundle) {
    const draft = makeDraft(folder);
    try {
        const { buildSync } = await import("esbuild"); // a process that ends with the build; nothing of it stays
        buildSync({
            absWorkingDir: root,
            entryPoints: ENTRIES,
            outdir: draft,
            outExtension: { ".js": ".mjs" },
            bundle: true,
            splitting: true,
            format: "esm",
            platform: "node",
            target: "node20.19",
            external: ["libsql"],
            banner: { js: REQUIRE },
            minifySyntax: true,
            minifyWhitespace: true,
            legalComments: "none",
            sourcemap: true,
            sourcesContent: false,
            logLevel: "silent",
        });
        for (const name of readdirSync(draft)) chmodSync(join(draft, name), 0o644);
        chmodSync(draft, 0o755); // one user installs, another runs it, whatever the umask was
        renameSync(draft, bundle);
    } catch (error) {
        rmSync(draft, { recursive: true, force: true });
        if (existsSync(bundle)) return; // another start was faster
        throw new Error(
            `Toque could not be built from its sources: run "npm ci" again. ${/** @type {Error} */ (error).message}`,
            { cause: error },
        );
    }
    for (const name of readdirSync(folder)) removeOld(join(folder, name), bundle);
}

/**
 * What cannot be removed, or has gone meanwhile, is no reason not to start.
 * @param {string} path
 * @param {string} bundle the one that stays
 */
function removeOld(path, bundle) {
    try {
        const old = Date.now() - lstatSync(path).mtimeMs > KEPT_MS;
        if (path !== bundle && old) rmSync(path, { recursive: true });
    } catch {
        // another start removes it at the same time, or another user owns it
    }
}

/** @param {string} folder */
function makeDraft(folder) {
    try {
        makeFolder(folder);
        return mkdtempSync(join(folder, "new-"));
    } catch (error) {
        throw new Error(
            `Toque has to be built once, and ${folder} cannot be written: run "npm run build:gateway" as the user who installed it.`,
            { cause: error },
        );
    }
}

/**
 * As mkdir -p does, but what is made can be entered by all and written by its owner, whatever the umask: others' code would be run.
 * @param {string} folder
 */
function makeFolder(folder) {
    if (existsSync(folder)) return;
    makeFolder(dirname(folder));
    mkdirSync(folder, { recursive: true }); // another start may be as far
    chmodSync(folder, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [, , folder] = process.argv;
    try {
        if (folder !== undefined) await build(ROOT, dirname(folder), folder);
        console.log(folder ?? fileURLToPath(await findBundle()));
    } catch (error) {
        process.stderr.write(`toque: ${error.message}\n`);
        process.exitCode = 1;
    }
}
