// Loaded into a server under measurement by --import: writes process.memoryUsage() after a collection into the file that its URL names.
import { renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));

if (isMainThread) {
    process.on("SIGUSR2", () => {
        globalThis.gc();
        globalThis.gc(); // what the first one's finalizers let go
        writeFileSync(`${file}.draft`, JSON.stringify(process.memoryUsage()));
        renameSync(`${file}.draft`, file); // whole when its name is there
    });
}
