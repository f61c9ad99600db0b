// A gateway under attack, in a process of its own, run by victim.ts. It answers to "measure" and ends with its parent.
import { readFileSync } from "node:fs";
import { startGateway } from "../../gateway/app.ts";
import { readConfig, type Flags } from "../../gateway/config.ts";
import { createLog } from "../../gateway/system/log.ts";

/** The gateway's process, measured from within. Megabytes are of 1,048,576 octets. */
export interface Measured {
    /** resident memory of the whole process, after garbage collection: VmRSS of /proc/self/status */
    rssMb: number;
    /** the most it ever was: VmHWM */
    peakMb: number;
    /** JavaScript heap and buffers of the main thread, after garbage collection */
    heapMb: number;
    unhandled: number;
    /** lines of level "error" in its log */
    errors: number;
    /** octets of its log */
    logOctets: number;
    /** the last of them, or the last unhandled rejection */
    worst: string;
}

const [data = "", mqttPort = "0", httpPort = "0", flags = "{}"] = process.argv.slice(2);
let unhandled = 0;
let worst = "";
process.on("unhandledRejection", (reason) => {
    unhandled++;
    worst = String(reason instanceof Error ? reason.stack : reason);
});
let errors = 0;
let logOctets = 0;
const log = createLog("info", {
    write(line: string) {
        logOctets += line.length;
        if (!line.startsWith('{"level":"error"')) return;
        errors++;
        worst = line;
    },
});
const gateway = await startGateway(readConfig({ ...(JSON.parse(flags) as Flags), data, mqttPort, httpPort }, {}), {
    log,
});

function status(name: string): number {
    const kilo = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return Number(kilo ?? NaN) / 1024;
}

/** Memory when the garbage is out: what is left is what somebody holds. */
async function measure(): Promise<Measured> {
    for (let round = 0; round < 4; round++) {
        (globalThis as unknown as { gc(): void }).gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { heapUsed, external } = process.memoryUsage();
    const heapMb = (heapUsed + external) / 1024 / 1024;
    return { rssMb: status("VmRSS"), peakMb: status("VmHWM"), heapMb, unhandled, errors, logOctets, worst };
}

process.on("message", (asked) => {
    if (asked === "measure") void measure().then((measured) => process.send?.({ measured }));
});
process.on("disconnect", () => void gateway.close().finally(() => process.exit(0)));
process.send?.({ started: { mqttPort: gateway.mqttPort, httpPort: gateway.httpPort, url: gateway.url } });
