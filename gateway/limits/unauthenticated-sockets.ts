import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";

/**
 * Bounds the connections on which nobody with a token has asked for anything yet. The oldest of them gives way to a new one: whoever
 * means it sends a request at once, so thousands that hold connections open, or send an octet a second, keep nobody out.
 */
export class Strangers {
    readonly #limit: number;
    /** the oldest first */
    readonly #sockets = new Set<Socket>();

    constructor(server: HttpServer, limit: number) {
        this.#limit = limit;
        server.on("connection", (socket: Socket) => {
            this.#sockets.add(socket);
            socket.once("close", () => this.#sockets.delete(socket));
            if (this.#sockets.size > this.#limit) this.#giveWay();
        });
    }

    /** Somebody known asks for something: from now on the idle timeout is enough. */
    known(socket: Socket): void {
        this.#sockets.delete(socket);
    }

    #giveWay(): void {
        for (const oldest of this.#sockets) return void oldest.destroy();
    }
}
