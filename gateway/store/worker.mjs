// The store's thread where the gateway runs from its sources. It runs what was built of them unless one is newer: a loader of TypeScript,
// which a thread does not inherit on Node 20, takes half a second of CPU at each start.
import { fileURLToPath } from "node:url";
import { newerThanBuilt } from "../../bin/built.mjs";

const [built, ...sources] = ["../../dist/gateway", "..", "../../shared"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
);
if (newerThanBuilt(built, sources) === undefined) await import("../../dist/gateway/worker.mjs");
else {
    (await import("tsx/esm/api")).register();
    await import("./worker.ts");
}
