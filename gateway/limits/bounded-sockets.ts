/**
 * Connections of one kind, bounded in all and for each client. The oldest of them gives way to a new one. Of those on which nobody has
 * authenticated yet: an honest client does that at once, so thousands that hold connections open, or send an octet a second, keep nobody out.
 */
export class BoundedSockets<Socket> {
    readonly #limits: { all: number; perClient: number };
    readonly #end: (oldest: Socket) => void;
    /** whose they are, the oldest first */
    readonly #clients = new Map<Socket, string>();
    readonly #ofClient = new Map<string, Set<Socket>>();

    /** @param end closes a connection; it must be deleted here by then */
    constructor(limits: { all: number; perClient: number }, end: (oldest: Socket) => void) {
        this.#limits = limits;
        this.#end = end;
    }

    get size(): number {
        return this.#clients.size;
    }

    /** @param socket one that is in here already becomes the newest */
    add(socket: Socket, client: string): void {
        this.delete(socket);
        const siblings = this.#ofClient.get(client) ?? new Set();
        this.#ofClient.set(client, siblings.add(socket));
        this.#clients.set(socket, client);
        if (siblings.size > this.#limits.perClient) this.#giveWay(siblings);
        if (this.#clients.size > this.#limits.all) this.#giveWay(this.#clients.keys());
    }

    /** It is of another kind now, or closed. */
    delete(socket: Socket): void {
        const client = this.#clients.get(socket);
        if (client === undefined) return;
        this.#clients.delete(socket);
        const siblings = this.#ofClient.get(client);
        siblings?.delete(socket);
        if (siblings?.size === 0) this.#ofClient.delete(client);
    }

    #giveWay(oldestFirst: Iterable<Socket>): void {
        for (const oldest of oldestFirst) {
            this.delete(oldest);
            return this.#end(oldest);
        }
    }
}
