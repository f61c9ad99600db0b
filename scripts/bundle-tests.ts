import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { ROOT } from "../bundler/output.ts";

/** Packages with files of their own that they look for, and compilers, which few tests need and which take long to bundle. */
const NOT_BUNDLED = ["libsql", "serialport", "esbuild", "eslint", "prettier", "typescript", "typescript-to-lua", "tsx"];
/** The packages are CommonJS for the most part and ask for Node's own modules. */
const REQUIRE = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';
/** What a bundled source uses instead of import.meta.url: what it looks for beside itself is beside the source. */
const SOURCE_URL = "TOQUE_SOURCE_URL";

export interface BundledTests {
    /** one for each test file, in the order given */
    files: string[];
    /** Whether a test file, as it was given, is or imports a source, however indirectly. */
    uses(file: string, source: string): boolean;
    remove(): void;
}

/**
 * Bundles test files with all that they import, packages included, in a folder of this run. A test of the gateway starts with a fifth of the
 * CPU time that a loader of TypeScript and 600 files of packages take.
 * @throws {Error} esbuild's, with the places
 */
export async function bundleTests(files: string[]): Promise<BundledTests> {
    const folder = mkdtempSync(join(tmpdir(), "toque-tests-"));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    try {
        symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules")); // for what is not bundled
        const { metafile } = await build({
            absWorkingDir: ROOT,
            entryPoints: files.map((file, at) => ({ in: resolve(file), out: nameOf(at) })),
            outdir: folder,
            outExtension: { ".js": ".mjs" },
            bundle: true,
            splitting: true,
            format: "esm",
            platform: "node",
            target: "node20.19",
            external: NOT_BUNDLED,
            define: { "import.meta.url": SOURCE_URL },
            banner: { js: REQUIRE },
            plugins: [sourceUrls],
            legalComments: "none",
            sourcemap: true,
            sourcesContent: false,
            metafile: true,
            logLevel: "silent",
        });
        return {
            files: files.map((_, at) => join(folder, `${nameOf(at)}.mjs`)),
            uses: (file, source) => imports(metafile.inputs, keyOf(file), keyOf(source)),
            remove,
        };
    } catch (error) {
        remove();
        throw error;
    }
}

/** Node's test runner runs the files in the order of their names. */
function nameOf(at: number): string {
    return String(at).padStart(4, "0");
}

const sourceUrls: Plugin = {
    name: "source-urls",
    setup(bundler) {
        bundler.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            if (/import\.meta\.(?!url\b|resolve\("[^."])\w/.test(text))
                return { errors: [{ text: "Write new URL(…, import.meta.url): a test's bundle is elsewhere." }] };
            if (!text.includes("import.meta.url")) return undefined;
            const url = JSON.stringify(pathToFileURL(path).href);
            return { contents: `const ${SOURCE_URL} = ${url}; ${text}`, loader: path.endsWith("ts") ? "ts" : "js" };
        });
    },
};

/** The name of a file in esbuild's list of inputs. */
function keyOf(file: string): string {
    return relative(ROOT, resolve(file));
}

function imports(inputs: Metafile["inputs"], file: string, source: string, seen = new Set<string>()): boolean {
    if (file === source) return true;
    if (seen.has(file)) return false;
    seen.add(file);
    return inputs[file]?.imports.some(({ path }) => imports(inputs, path, source, seen)) ?? false;
}
