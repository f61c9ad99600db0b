import { connect } from "node:net";
import type { Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** A thread that listens and then never wakes up to accept anything. */
const DEAF = `
const { parentPort, workerData } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0));
});`;

/** Longer than a connection on the loopback takes. */
const SILENT_MS = 300;

/** True if the connection opened. */
function opens(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), SILENT_MS);
        socket.once("connect", () => {
            clearTimeout(timer);
            resolve(true);
        });
    });
}

/** A port of 127.0.0.1 that answers no SYN: its queue is full, and nobody takes anything out. */
export class DeafListener {
    readonly port: number;
    readonly #worker: Worker;
    readonly #shared: SharedArrayBuffer;
    readonly #sockets: Socket[];

    private constructor(port: number, worker: Worker, shared: SharedArrayBuffer, sockets: Socket[]) {
        this.port = port;
        this.#worker = worker;
        this.#shared = shared;
        this.#sockets = sockets;
    }

    static async listen(): Promise<DeafListener> {
        const shared = new SharedArrayBuffer(4);
        const worker = new Worker(DEAF, { eval: true, workerData: shared });
        const port = await new Promise<number>((resolve, reject) => {
            worker.once("message", resolve);
            worker.once("error", reject);
        });
        const sockets: Socket[] = [];
        do {
            const socket = connect(port, "127.0.0.1");
            socket.on("error", () => undefined); // it is destroyed in the end
            sockets.push(socket);
        } while (await opens(sockets.at(-1)!));
        return new DeafListener(port, worker, shared, sockets);
    }

    async close(): Promise<void> {
        for (const socket of this.#sockets) socket.destroy();
        Atomics.store(new Int32Array(this.#shared), 0, 1);
        Atomics.notify(new Int32Array(this.#shared), 0);
        await this.#worker.terminate();
    }
}
