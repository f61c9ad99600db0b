import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type Esbuild from "esbuild";
import type TypeScript from "typescript";
import type * as TypeScriptToLua from "typescript-to-lua";
import { BuildError } from "../output.ts";

/** Of the package: the sources' folder, or what is built, lies two below. */
const PACKAGE = new URL("../../package.json", import.meta.url);

/** The types of `toque/board`, and what each firmware has. */
export const BOARD_TYPES = fileURLToPath(new URL("../../device/board/", import.meta.url));
export const PRELUDE = fileURLToPath(new URL("../../device/nodemcu/prelude.lua", import.meta.url));

export type Ts = typeof TypeScript;

/** The compilers are 40 MB, and only those need them who compile: toque does not bring them. */
const COMPILERS = ["typescript", "typescript-to-lua", "esbuild"] as const;

async function load(name: (typeof COMPILERS)[number]): Promise<unknown> {
    try {
        return await import(name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
        const manifest = JSON.parse(readFileSync(PACKAGE, "utf8")) as Record<
            string,
            Record<string, string> | undefined
        >;
        const versions = { ...manifest.devDependencies, ...manifest.dependencies, ...manifest.compilers };
        const words = COMPILERS.map((compiler) => `${compiler}@${versions[compiler]}`).join(" ");
        throw new BuildError(`${name} is not installed, which compiles this: npm install --save-dev ${words}`);
    }
}

export async function loadTypeScript(): Promise<Ts> {
    return ((await load("typescript")) as { default: Ts }).default;
}

export async function loadTypeScriptToLua(): Promise<typeof TypeScriptToLua> {
    return (await load("typescript-to-lua")) as typeof TypeScriptToLua;
}

export async function loadEsbuild(): Promise<typeof Esbuild> {
    return (await load("esbuild")) as typeof Esbuild;
}
