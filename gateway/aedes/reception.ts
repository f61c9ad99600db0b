import type { Socket } from "node:net";
import { BoundedSockets } from "../limits/bounded-sockets.ts";
import { clientKey, plainAddress } from "../limits/client-key.ts";
import type { ConnectionLimits } from "../limits/connection-limits.ts";
import { Room } from "../limits/room.ts";
import { ClientConnection, destroyIt, type ConnectionHost } from "./client-connection.ts";

/** Takes in sockets and waits for their CONNECT: little memory each, a deadline, and a bound for each address and for all. */
export class Reception {
    readonly #limits: ConnectionLimits;
    readonly #host: ConnectionHost;
    readonly #refused: (why: string, connection?: ClientConnection) => void;
    readonly #connections = new Set<ClientConnection>();
    readonly #room: Room;
    readonly #waiting: BoundedSockets<ClientConnection>;

    /** @param refused called with why a connection was ended without an answer; with which, if it was taken in */
    constructor(
        limits: ConnectionLimits,
        host: ConnectionHost,
        refused: (why: string, connection?: ClientConnection) => void,
    ) {
        this.#limits = limits;
        this.#host = host;
        this.#refused = refused;
        this.#room = new Room({ all: limits.connections, perKey: limits.perAddress });
        const bounds = { all: limits.waiting, perClient: limits.waitingPerAddress };
        this.#waiting = new BoundedSockets(bounds, (oldest) =>
            oldest.within(0, () => this.end(oldest, "too many connections without CONNECT")),
        );
    }

    get waiting(): number {
        return this.#waiting.size;
    }

    /** Counts a new connection, or ends it. The deadline for its CONNECT runs from here, a TLS handshake included. */
    admit(raw: Socket): ClientConnection | undefined {
        const { remoteAddress, remotePort } = raw;
        raw.on("error", destroyIt);
        if (remoteAddress === undefined || remotePort === undefined) return void raw.destroy();
        const address = plainAddress(remoteAddress);
        const client = clientKey(address);
        if (this.#room.enter(client) !== undefined) {
            this.#refused("too many connections");
            return void raw.destroy();
        }
        const connection = new ClientConnection(raw, { address, port: remotePort, client }, this.#host);
        this.#connections.add(connection);
        connection.within(this.#limits.connectMs, () => this.end(connection, "no CONNECT in time"));
        this.#waiting.add(connection, client);
        return connection;
    }

    /** Its CONNECT came. */
    came(connection: ClientConnection): void {
        this.#waiting.delete(connection);
    }

    /** Ends a connection without an answer. */
    end(connection: ClientConnection, why: string): void {
        this.#refused(why, connection);
        connection.destroy();
    }

    left(connection: ClientConnection): void {
        this.#waiting.delete(connection);
        this.#connections.delete(connection);
        this.#room.left(connection.from.client);
    }

    /** Ends every connection that came in here, whatever became of it. */
    clear(): void {
        for (const connection of this.#connections) connection.destroy();
    }
}
