import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newerThanBuilt } from "../../../bin/built.mjs";
import { findProcess } from "../proc.ts";
import { heapArgs, heapReader } from "./heap.ts";
import {
    endProcess,
    firstLine,
    type Kind,
    makeFolder,
    removeFolder,
    type Server,
    startProcess,
    type StartOptions,
} from "./server.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Toque as users run it. @param root a folder of this repository, which may be another version */
export function toqueKind(name: string, root = ROOT): Kind {
    const newer = newerThanBuilt(join(root, "dist/gateway"), [join(root, "gateway"), join(root, "shared")]);
    if (newer !== undefined) throw new Error(`${newer} is newer than what is built: run "npm run build" in ${root}.`);
    return { name, keeps: "on the disk", start: (options) => start(root, options) };
}

async function start(root: string, { heap = false, flushes }: StartOptions = {}): Promise<Server> {
    const folder = makeFolder();
    const heapFile = join(folder, "heap.json");
    const node = [process.execPath, "--max-semi-space-size=8", ...(heap ? heapArgs(heapFile) : [])]; // as `npm start` does
    const ports = ["--mqtt-port", "0", "--http-port", "0"];
    const serve = ["serve", "--data", join(folder, "data"), ...ports, "--json", "--log-level", "error"];
    const trace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-e", "signal=none"];
    const words = [
        ...(flushes === undefined ? [] : [...trace, "-o", flushes]),
        ...node,
        join(root, "bin/toque.mjs"),
        ...serve,
    ];
    const child = startProcess(words[0]!, words.slice(1));
    const started = JSON.parse(await firstLine(child)) as {
        mqttPort: number;
        httpPort: number;
        adminTokenFile: string;
    };
    const pid = flushes === undefined ? child.pid! : findProcess(child.pid!, "node")!;
    const token = readFileSync(started.adminTokenFile, "utf8").trim();
    return {
        target: {
            protocol: "mqtt",
            port: started.mqttPort,
            cleanSession: true,
            http: { port: started.httpPort, token },
        },
        pid,
        ...(heap ? { heapUsed: heapReader(pid, heapFile) } : {}),
        async stop() {
            await endProcess(child);
            removeFolder(folder);
        },
    };
}
