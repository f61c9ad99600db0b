/**
 * `npm run package [-- folder]`: the package that others install, as toque-<version>.tgz. It has what is built instead of sources: the boards' bundles,
 * the gateway and the emulator as plain JavaScript, the emulator's types. So it runs from node_modules without a compiler, without rights
 * to write there, and without the packages that are only built with or built in.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { build } from "esbuild";
import { type CompilerOptions, flattenDiagnosticMessageText, transpileDeclaration } from "typescript";
import { BuildError, ROOT, buildEspruino, buildNodemcu } from "../bundler/build.ts";

const PACKAGE = join(ROOT, "dist/package");
/** Two folders deep, as the sources are that look for files: what they say of `import.meta.url` holds here, too. */
const EMULATOR = "dist/emulator";
const TYPES = "dist/emulator/types";
const LIBRARY = "emulator/library/main.ts";
const GATEWAY = "dist/gateway/packed";
/** Files that the emulator reads when it runs, where its sources look for them. */
const READ = { "espruino/app.js": "app.js", "espruino/wifi.js": "wifi.js", "lua/firmware": "firmware" };
/** What is neither built in nor Node's own. */
const DEPENDENCIES = ["acorn", "fengari", "libphonenumber-js", "libsql", "luaparse"];

interface Manifest extends Record<string, unknown> {
    version: string;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
}

function writeManifest(): Manifest {
    const root = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
    const versions = { ...root.devDependencies, ...root.dependencies };
    const { name, version, description, license, author, type, engines, bin } = root;
    const manifest = {
        ...{ name, version, description, license, author, type, engines, bin },
        exports: {
            "./emulator": {
                types: `./${TYPES}/${LIBRARY.replace(/\.ts$/, ".d.ts")}`,
                default: `./${EMULATOR}/main.mjs`,
            },
            "./package.json": "./package.json",
        },
        dependencies: Object.fromEntries(DEPENDENCIES.map((dependency) => [dependency, versions[dependency]])),
    };
    writeFileSync(join(PACKAGE, "package.json"), JSON.stringify(manifest, null, 4) + "\n");
    return root;
}

/** Runs a program of Node's, whose own words tell what is wrong. */
function run(what: string, ...words: string[]): void {
    const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new BuildError(`${what} could not be made.`);
}

async function buildEmulator(): Promise<void> {
    await build({
        absWorkingDir: ROOT,
        entryPoints: { main: LIBRARY, emulate: "emulator/emulate.ts" },
        outdir: join(PACKAGE, EMULATOR),
        outExtension: { ".js": ".mjs" },
        bundle: true,
        splitting: true,
        packages: "external",
        format: "esm",
        platform: "node",
        target: "node20.19",
        logLevel: "warning",
    });
    for (const [from, to] of Object.entries(READ))
        cpSync(join(ROOT, "emulator", from), join(PACKAGE, EMULATOR, to), { recursive: true });
}

/** The declarations of a source and of all that they name, with the ending that every compiler resolves from node_modules. */
function writeTypes(path: string, written = new Set<string>()): void {
    if (written.has(path)) return;
    written.add(path);
    const compilerOptions: CompilerOptions = { isolatedDeclarations: true, declaration: true, stripInternal: true };
    const source = readFileSync(join(ROOT, path), "utf8");
    const { outputText, diagnostics = [] } = transpileDeclaration(source, { compilerOptions, reportDiagnostics: true });
    for (const { messageText } of diagnostics)
        throw new BuildError(`${path}: ${flattenDiagnosticMessageText(messageText, " ")}`);
    const file = join(PACKAGE, TYPES, path.replace(/\.ts$/, ".d.ts"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText.replace(/(from "\.[^"]+)\.ts"/g, '$1.js"'));
    for (const [, name] of outputText.matchAll(/from "(\.[^"]+)"/g))
        writeTypes(posix.join(posix.dirname(path), name!), written);
}

/** The licences of what is built into the gateway, as its source maps know it. */
function writeLicences(): void {
    const packages = new Set<string>();
    const folder = join(PACKAGE, GATEWAY);
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".map"))) {
        const { sources } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { sources: string[] };
        for (const source of sources) {
            const [path] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(resolve(folder, source)) ?? [];
            if (path !== undefined) packages.add(path);
        }
    }
    const texts = [...packages].sort().flatMap((path) => {
        const files = readdirSync(path).filter((name) => /^(licen[cs]e|copying)/i.test(name));
        const { version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
        const head = `${path.replace(/^.*node_modules\//, "")} ${version} (${String(license)})`;
        return [head, ...files.map((name) => readFileSync(join(path, name), "utf8"))];
    });
    writeFileSync(join(PACKAGE, "THIRD-PARTY.txt"), texts.join("\n\n"));
}

try {
    rmSync(PACKAGE, { recursive: true, force: true });
    mkdirSync(PACKAGE, { recursive: true });
    const { version } = writeManifest();
    await buildEspruino(join(PACKAGE, "dist/espruino/toque.js"));
    buildNodemcu(join(PACKAGE, "dist/nodemcu/toque.lua"));
    for (const name of ["bin", "LICENSE", "SECURITY.md"])
        cpSync(join(ROOT, name), join(PACKAGE, name), { recursive: true });
    cpSync(join(ROOT, "docs/package.md"), join(PACKAGE, "README.md"));
    run("The gateway", join(ROOT, "bin/build.mjs"), join(PACKAGE, GATEWAY));
    await buildEmulator();
    writeTypes(LIBRARY);
    writeLicences();
    const npm = process.env.npm_execpath;
    if (npm === undefined || !existsSync(npm)) throw new BuildError("Start it by npm, which packs it: npm run package");
    const [folder = ROOT] = process.argv.slice(2);
    run("The archive", npm, "pack", PACKAGE, "--silent", "--pack-destination", folder);
    console.log(join(relative(ROOT, folder), `toque-${version}.tgz`));
} catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
}
