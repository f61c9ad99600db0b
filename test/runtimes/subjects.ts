import { INTERPRETERS } from "../../emulator/lua/machine.ts";
import { missing } from "../../emulator/lua/interpreters.ts";
import type { DeviceOptions, Runtime } from "../../emulator/device.ts";

/** Something that the suite is played against: a runtime with its built bundle. */
export interface Subject {
    name: string;
    runtime: Runtime;
    /** why it is not there, or false: made for a test's `skip` */
    skip: string | false;
    options: Partial<DeviceOptions>;
}

/** Octets that an ESP8266 receives at once. */
const ESP8266_CHUNK_OCTETS = 268;

function genuine(name: string, variable: string, what: string, options: Partial<DeviceOptions>): Subject {
    const interpreter = process.env[variable];
    const skip = interpreter === undefined ? `${variable} is not set: ${what}` : false;
    return { name, runtime: "espruino", skip, options: { ...options, interpreter } };
}

export const JAVASCRIPT: readonly Subject[] = [
    { name: "host", runtime: "host", skip: false, options: {} },
    { name: "espruino-sim", runtime: "espruino-sim", skip: false, options: {} },
    {
        name: "espruino-sim as an ESP8266",
        runtime: "espruino-sim",
        skip: false,
        options: { chunkOctets: ESP8266_CHUNK_OCTETS },
    },
];

export const GENUINE_ESPRUINO: readonly Subject[] = [
    genuine("espruino", "ESPRUINO", "the genuine Espruino interpreter", {}),
    genuine("espruino-8266", "ESPRUINO_8266", "the same with 1,600 variables and without Unicode", {
        chunkOctets: ESP8266_CHUNK_OCTETS,
    }),
];

export const LUA: readonly Subject[] = INTERPRETERS.map((interpreter) => ({
    name: interpreter,
    runtime: "lua",
    skip: missing(interpreter),
    options: { interpreter },
}));

/** Those of the short run: fengari, which takes a Lua's time six times, only where no Lua 5.1 is installed. */
export const LUA_QUICK: readonly Subject[] = LUA.filter(
    ({ name }) => name !== "lua5.3" && (name !== "fengari" || missing("lua5.1") !== false),
);
