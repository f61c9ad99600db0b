import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { heapArgs, heapReader } from "./heap.ts";
import { endProcess, firstLine, type Kind, makeFolder, removeFolder, startProcess } from "./server.ts";

/** A broker of this folder, without a store: it prints its port. */
function nodeKind(name: string, file: string): Kind {
    const program = fileURLToPath(new URL(file, import.meta.url));
    return {
        name,
        keeps: "in memory",
        async start({ heap = false } = {}) {
            const folder = makeFolder();
            const heapFile = join(folder, "heap.json");
            const args = [...(heap ? heapArgs(heapFile) : []), "--import", "tsx", program];
            const child = startProcess(process.execPath, args);
            const port = Number(await firstLine(child));
            return {
                target: { protocol: "mqtt", port, cleanSession: true },
                pid: child.pid!,
                ...(heap ? { heapUsed: heapReader(child.pid!, heapFile) } : {}),
                async stop() {
                    await endProcess(child);
                    removeFolder(folder);
                },
            };
        },
    };
}

export const aedesKind = nodeKind("Aedes alone", "./aedes.ts");
export const echoKind = nodeKind("bare Node", "./echo.ts");
