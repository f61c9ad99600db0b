import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Radio } from "./radio.ts";

/**
 * For a board that cannot choose the address that it connects from: it connects here, and each connection goes on to the gateway through
 * the radio. One that is a black hole there stays open, silent on both sides.
 */
export class Relay {
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();

    private constructor(server: Server) {
        this.#server = server;
    }

    /** @param host address to listen on, the gateway's own: so a wrong answer of the name server leads nowhere here too */
    static async listen(host: string, gatewayPort: number, radio: Radio): Promise<Relay> {
        const server = createServer({ pauseOnConnect: true });
        const relay = new Relay(server);
        server.on("connection", (socket) => relay.#carry(socket, radio, host, gatewayPort));
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(0, host, resolve);
        });
        return relay;
    }

    get port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    #carry(socket: Socket, radio: Radio, host: string, port: number): void {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        const path = radio.open(host, port, {
            opened: () => socket.resume(),
            received: (data) => void socket.write(data),
            closed: () => socket.destroySoon(),
        });
        socket.on("data", (data) => path.write(data));
        socket.on("error", () => undefined); // "close" follows
        socket.on("close", () => {
            this.#sockets.delete(socket);
            path.close();
        });
    }

    /** The board's power is cut: its sockets close nothing on the other side. Cut the radio first. */
    async close(): Promise<void> {
        for (const socket of this.#sockets) socket.destroy();
        await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    }
}
