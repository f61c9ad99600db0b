import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { finishBundle } from "../../bundler/build.ts";
import { ROOT } from "../../bundler/output.ts";
import { compileLua } from "../../bundler/lua/bundle.ts";

/** A program for the board that is made of parts of device/, compiled as the bundle is. @param source TypeScript; "@/" is the repository */
export function compileForBoard(source: string): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-part-"));
    try {
        writeFileSync(join(folder, "part.ts"), source.replaceAll('"@/', `"${relative(folder, ROOT)}/`));
        const config = {
            extends: join(ROOT, "device/nodemcu/tsconfig.json"),
            compilerOptions: { rootDir: "/", outDir: folder },
            include: [],
            files: [join(folder, "part.ts"), join(ROOT, "device/nodemcu/globals.d.ts")],
            tstl: {
                luaTarget: "5.1",
                luaLibImport: "none",
                luaBundle: "part.lua",
                luaBundleEntry: join(folder, "part.ts"),
                noImplicitSelf: true,
                noHeader: true,
            },
        };
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
        const { files, problems } = compileLua(join(folder, "tsconfig.json"));
        const [lua] = [...files.values()];
        if (lua === undefined || problems.length > 0) throw new Error(problems.join("\n"));
        return finishBundle(lua);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
