import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import { checkProgram } from "../../emulator/espruino/gate/gate.ts";
import { BuildError } from "../output.ts";
import type { Built } from "./built.ts";
import { loadEsbuild, loadTypeScript } from "./compilers.ts";
import { folderOf, placesOf } from "./places.ts";
import type { Place } from "./places.ts";
import { checkTypes } from "./types.ts";

/** `import * as toque from "toque"`: modules that are no file of the person's are the board's. */
const OF_THE_BOARD = /^import\s*\*\s*as\s+(\w+)\s+from\s*["']([^."'][^"']*)["'];?/gm;

const IMPORTS = /^\s*(import|export)\b/m;

/** Finds `pins.espruino.ts` for "./pins"; and leaves the board's modules to the board. */
const board: Plugin = {
    name: "board",
    setup(build) {
        build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            const stem = resolve(resolveDir, path.replace(/\.[jt]s$/, ""));
            const found = [".espruino.ts", ".espruino.js", ".ts", ".js"]
                .map((ending) => stem + ending)
                .find(existsSync);
            return found === undefined ? undefined : { path: found };
        });
        build.onResolve({ filter: /^[^./]/ }, ({ kind }) => (kind === "require-call" ? { external: true } : undefined));
        build.onLoad({ filter: /\.[jt]s$/ }, ({ path }) => ({
            contents: readFileSync(path, "utf8").replace(OF_THE_BOARD, (_, name: string, module: string) =>
                name === module ? "" : `const ${name} = require("${module}");`,
            ),
            loader: path.endsWith(".ts") ? "ts" : "js",
        }));
    },
};

/** An application for Espruino. JavaScript without imports stays as it was written. */
export async function buildForEspruino(file: string): Promise<Built> {
    const written = readFileSync(file);
    const isScript = file.endsWith(".js") && !IMPORTS.test(written.toString("utf8"));
    if (isScript) {
        refuse(written.toString("latin1"), ({ line, column }) => `${file}:${line + 1}:${column + 1}`);
        return { program: written };
    }
    if (file.endsWith(".ts")) checkTypes(await loadTypeScript(), file, "espruino", { noEmit: true });
    const { program, map } = await bundle(file);
    const text = program.toString("utf8");
    refuse(text, placesOf(map, text, file));
    return { program, map };
}

/** Throws a BuildError with what Espruino cannot run. */
function refuse(program: string, where: (place: Place) => string): void {
    const findings = checkProgram(program);
    if (findings.length === 0) return;
    const lines = findings.map(({ line, column, why }) => `${where({ line: line - 1, column })}: ${why}`);
    throw new BuildError(`Espruino cannot run this:\n${lines.join("\n")}`);
}

async function bundle(file: string): Promise<{ program: Buffer; map: string }> {
    const esbuild = await loadEsbuild();
    const folder = folderOf(file);
    try {
        const { outputFiles } = await esbuild.build({
            // what the entry exports is nobody's: with an entry of its own, nothing is made of it
            stdin: { contents: `import ${JSON.stringify(resolve(file))};`, resolveDir: folder },
            absWorkingDir: folder,
            outfile: join(folder, "app.js"),
            write: false,
            bundle: true,
            format: "cjs",
            platform: "neutral",
            target: "es2019",
            supported: { "object-extensions": false },
            charset: "utf8",
            sourcemap: "external",
            sourcesContent: false,
            plugins: [board],
            tsconfigRaw: {},
            logLevel: "silent",
        });
        const [map, program] = ["app.js.map", "app.js"].map((name) =>
            outputFiles.find(({ path }) => path === join(folder, name))!,
        );
        return { program: Buffer.from(program!.contents), map: map!.text };
    } catch (error) {
        const { errors } = error as Partial<BuildFailure>;
        if (errors === undefined) throw error;
        const lines = errors.map(({ location, text }) => {
            if (location === null) return text;
            const name = relative(process.cwd(), resolve(folder, location.file));
            return `${name}:${location.line}:${location.column + 1}: ${text}`;
        });
        throw new BuildError(lines.join("\n"));
    }
}
