import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { compileLua } from "../../bundler/lua/compile.ts";
import { overlayLua } from "../../bundler/lua/overlay.ts";
import { ROOT } from "../../bundler/output.ts";

/** A program for the board that is made of parts of device/, compiled as the bundle is. @param source TypeScript; "@/" is the repository */
export function compileForBoard(source: string): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-part-"));
    try {
        const part = join(folder, "part.ts");
        writeFileSync(part, source.replaceAll('"@/', `"${relative(folder, ROOT)}/`));
        return overlayLua(compileLua(part));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
