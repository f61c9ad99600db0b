import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceOptions, EmulatedDevice, Runtime, StartDevice } from "./device.ts";

/** Each runtime's own code is loaded when it is asked for: a test on Node alone needs no Lua. */
const STARTERS: Record<Runtime, () => Promise<StartDevice>> = {
    espruino: async () => (await import("./espruino/start.ts")).startEspruino,
    "espruino-sim": async () => (await import("./espruino/start.ts")).startStandIn,
    host: async () => (await import("./host.ts")).startHost,
    lua: async () => (await import("./lua/start.ts")).startLua,
};

export const RUNTIMES = Object.keys(STARTERS) as Runtime[];

/**
 * Starts an emulated board. An application in TypeScript is built as `toque build` does it. Rejects with a sentence about what to do when its
 * runtime is missing, or when the application cannot be built.
 */
export async function startDevice(options: DeviceOptions): Promise<EmulatedDevice> {
    const start = await STARTERS[options.runtime]();
    if (options.app?.endsWith(".ts") !== true) return start(options);
    const { buildApplication } = await import("../bundler/application/build.ts");
    const { program } = await buildApplication(options.app, options.runtime === "lua" ? "nodemcu" : "espruino");
    const folder = mkdtempSync(join(tmpdir(), "toque-application-"));
    try {
        const app = join(folder, "app");
        writeFileSync(app, program);
        return await start({ ...options, app }); // by then it is in flash
    } finally {
        rmSync(folder, { recursive: true });
    }
}
