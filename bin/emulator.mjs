import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The address of `toque emulate`: in the repository its source, in the package what was built of it. */
export async function findEmulator(root = ROOT) {
    const source = join(root, "emulator/emulate.ts");
    if (!existsSync(source)) return pathToFileURL(join(root, "dist/emulator/emulate.mjs")).href;
    const { register } = await import("tsx/esm/api");
    register();
    return pathToFileURL(source).href;
}
