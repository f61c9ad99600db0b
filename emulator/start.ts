import type { DeviceOptions, EmulatedDevice, Runtime, StartDevice } from "./device.ts";

/** Each runtime's own code is loaded when it is asked for: a test on Node alone needs no Lua. */
const STARTERS: Record<Runtime, () => Promise<StartDevice>> = {
    espruino: async () => (await import("./espruino/start.ts")).startEspruino,
    "espruino-sim": async () => (await import("./espruino/start.ts")).startStandIn,
    host: async () => (await import("./host.ts")).startHost,
    lua: async () => (await import("./lua/start.ts")).startLua,
};

export const RUNTIMES = Object.keys(STARTERS) as Runtime[];

/** Starts an emulated board. Rejects with a sentence about what to do when its runtime is missing. */
export async function startDevice(options: DeviceOptions): Promise<EmulatedDevice> {
    return (await STARTERS[options.runtime]())(options);
}
