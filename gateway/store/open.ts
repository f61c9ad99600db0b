import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { GatewayError } from "../error.ts";
import type { BacklogSize } from "../ports/backlog.ts";
import type { Store } from "../ports/store.ts";
import { createClient } from "./client.ts";
import { fromFailure } from "./failures.ts";
import { remember } from "./remember.ts";
import type { FromWorker } from "./protocol.ts";

/**
 * Opens the embedded store: one SQLite file in `dir` (made when missing), in a thread of its own. One gateway a folder.
 * @throws GatewayError unavailable: the folder cannot be written, belongs to a running gateway, or the file is damaged or from a newer Toque.
 * Nothing is ever deleted or repaired.
 * @param options.failed called once if the store's thread ends unasked: from then on every call is refused
 */
export async function openStore(options: {
    dir: string;
    /** what may wait for one route */
    backlog?: BacklogSize;
    failed?: (error: GatewayError) => void;
    /** called before the store is there, with a sentence about each file that others could read or change */
    notice?: (sentence: string) => void;
}): Promise<Store> {
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
        workerData: { dir: resolve(options.dir), backlog: options.backlog },
        execArgv: [], // no loader: the thread has its own
    });
    const { calls, notices } = await new Promise<Extract<FromWorker, { opened: true }>>((opened, refused) => {
        worker.once("error", refused);
        worker.once("exit", () => refused(new Error("the store's thread ended before it opened")));
        worker.once("message", (message: FromWorker) => {
            if (Array.isArray(message)) return;
            if ("opened" in message) opened(message);
            else if ("refused" in message) refused(fromFailure(message.refused));
        });
    });
    for (const sentence of notices) options.notice?.(sentence);
    return remember(createClient(worker, calls, options.failed));
}
