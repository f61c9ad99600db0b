/** What waits, of each in its order; who is next stands first. */
type Waiting<Key, What> = Map<Key, What>;

/**
 * Lets so many requests begin in each turn of the event loop: a flood of them comes hundreds at a time, and pings and pushes would have
 * to wait until all of them are answered. Those that wait are begun address by address, and of each address connection by connection, so
 * that one who asks for little is not behind all that another one asks for.
 */
export class Turns {
    readonly #most: number;
    #begun = 0;
    readonly #waiting: Waiting<string, Waiting<object, (() => void)[]>> = new Map();
    #ending = false;

    /** @param most requests in one turn */
    constructor(most: number) {
        this.#most = most;
    }

    /**
     * Calls `go` at once, or in one of the next turns: those of a connection in the order of arrival.
     * @param addressOf gives a connection's address, if it has to wait
     */
    take<Connection extends object>(
        connection: Connection,
        addressOf: (connection: Connection) => string,
        go: () => void,
    ): void {
        if (this.#begun < this.#most) {
            this.#begun++;
            go();
        } else {
            const address = addressOf(connection);
            const connections = this.#waiting.get(address) ?? new Map<object, (() => void)[]>();
            this.#waiting.set(address, connections);
            const requests = connections.get(connection);
            if (requests === undefined) connections.set(connection, [go]);
            else requests.push(go);
        }
        if (this.#ending) return;
        this.#ending = true;
        setImmediate(() => this.#turn());
    }

    #turn(): void {
        const now: (() => void)[] = [];
        while (now.length < this.#most && this.#waiting.size > 0) now.push(this.#next());
        this.#begun = now.length;
        this.#ending = now.length > 0;
        if (this.#ending) setImmediate(() => this.#turn());
        for (const go of now) go();
    }

    #next(): () => void {
        const [address, connections] = first(this.#waiting);
        const [connection, requests] = first(connections);
        const go = requests.shift()!;
        behind(connections, connection, requests, requests.length > 0);
        behind(this.#waiting, address, connections, connections.size > 0);
        return go;
    }
}

function first<Key, What>(waiting: Waiting<Key, What>): [Key, What] {
    for (const entry of waiting) return entry;
    throw new Error("nobody waits");
}

/** It had its turn: behind all others, if there is more of it. */
function behind<Key, What>(waiting: Waiting<Key, What>, key: Key, what: What, more: boolean): void {
    waiting.delete(key);
    if (more) waiting.set(key, what);
}
