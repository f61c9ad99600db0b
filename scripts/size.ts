/** `npm run size`: builds both bundles and holds them to their budgets. */
import { readFileSync } from "node:fs";
import { BuildError, ESPRUINO_BUNDLE, NODEMCU_BUNDLE, buildAll } from "./build.ts";

/** A line of the table: what was measured, and the most it may be. */
interface Budget {
    name: string;
    measured: number;
    most: number;
    unit: string;
}

const BUNDLE_OCTETS = 8192;

function bundleSizes(): Budget[] {
    return [
        {
            name: "Espruino bundle",
            measured: readFileSync(ESPRUINO_BUNDLE).length,
            most: BUNDLE_OCTETS,
            unit: "octets",
        },
        { name: "NodeMCU bundle", measured: readFileSync(NODEMCU_BUNDLE).length, most: BUNDLE_OCTETS, unit: "octets" },
    ];
}

try {
    await buildAll();
    for (const { name, measured, most, unit } of bundleSizes()) {
        const over = measured > most;
        console.log(`${over ? "OVER" : "ok  "} ${name}: ${measured} of ${most} ${unit}`);
        if (over) process.exitCode = 1;
    }
} catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
}
