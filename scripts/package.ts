/**
 * `npm run package [-- folder]`: the package that others install, as toque-<version>.tgz. It has what is built instead of sources: the boards'
 * bundles, the gateway and the emulator as plain JavaScript, the emulator's types and the boards'. It runs from node_modules without a compiler and
 * without rights to write there, and depends only on the packages that are not built in.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { type CompilerOptions, flattenDiagnosticMessageText, transpileDeclaration } from "typescript";
import { buildAll } from "../bundler/build.ts";
import { BuildError, ROOT } from "../bundler/output.ts";

const PACKAGE = join(ROOT, "dist/package");
const TYPES = "dist/types";
const LIBRARY = "emulator/library/main.ts";
/** Packages that the built commands import. */
const DEPENDENCIES = ["acorn", "acorn-walk", "eslint-scope", "fengari", "libphonenumber-js", "libsql", "luaparse"];
/** Packages that `toque build` compiles with, where they are installed: it names these versions where they are not. */
const COMPILERS = ["typescript", "typescript-to-lua", "esbuild"];

interface Manifest extends Record<string, unknown> {
    version: string;
    exports: object;
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
            ...root.exports,
            "./emulator": {
                types: `./${TYPES}/${LIBRARY.replace(/\.ts$/, ".d.ts")}`,
                default: "./dist/emulator/main.mjs",
            },
        },
        dependencies: Object.fromEntries(DEPENDENCIES.map((dependency) => [dependency, versions[dependency]])),
        compilers: Object.fromEntries(COMPILERS.map((compiler) => [compiler, versions[compiler]])),
    };
    writeFileSync(join(PACKAGE, "package.json"), JSON.stringify(manifest, null, 4) + "\n");
    return root;
}

/** Runs a program on Node; it prints what went wrong. */
function run(what: string, ...words: string[]): void {
    const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new BuildError(`${what} could not be made.`);
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

/** The licences of the packages that are built into the gateway; its source maps name them. */
function writeLicences(): void {
    const packages = new Set<string>();
    const folder = join(PACKAGE, "dist/gateway");
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
    await buildAll(undefined, join(PACKAGE, "dist"));
    for (const name of ["bin", "device/board", "device/nodemcu/prelude.lua", "LICENSE", "SECURITY.md"])
        cpSync(join(ROOT, name), join(PACKAGE, name), { recursive: true });
    cpSync(join(ROOT, "docs/ci.md"), join(PACKAGE, "README.md"));
    run("The commands", join(ROOT, "scripts/build-commands.mjs"), join(PACKAGE, "dist"));
    writeTypes(LIBRARY);
    writeLicences();
    const npm = process.env.npm_execpath;
    if (npm === undefined || !existsSync(npm))
        throw new BuildError("Run it with npm, which packs it: npm run package.");
    const [folder = ROOT] = process.argv.slice(2);
    run("The archive", npm, "pack", PACKAGE, "--silent", "--pack-destination", folder);
    console.log(join(relative(ROOT, folder), `toque-${version}.tgz`));
} catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
}
