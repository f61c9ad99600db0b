import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** "up": from the client to the gateway; "down": back. */
export type Direction = "up" | "down";

/** What happens to one connection. Without anything in it, it is passed on as it is. */
export interface Fault {
    /** The connection ends on both sides when so many octets were passed on in that direction; 0: before the first. */
    cut?: { direction: Direction; octets: number; how: "fin" | "rst" };
    /** Octets are passed on in pieces of so many. */
    pieceOctets?: number;
    /** How long the next piece is held back. */
    delayMs?: () => number;
    /** It connects to the server so long after it was connected to itself; Infinity: never. Until then its system answers. */
    connectAfterMs?: number;
    /** After so long nothing is passed on any more, no end either; but one side may get an end that the other did not send. */
    deafAfterMs?: number;
    endsTowards?: "client" | "server";
}

/**
 * Stands in front of a server at a port that stays, and passes connections on from the address they came from, each with the fault
 * that was chosen for it. Without a target, connections end at once, as at a gateway that is not there.
 */
export class FaultProxy {
    /** the server's port; undefined: there is none now */
    target: number | undefined;
    /** the fault of each connection to come */
    choose: () => Fault;
    /** connections that were passed on, and how many of them were cut on purpose */
    passed = 0;
    cuts = 0;
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();

    private constructor(choose: () => Fault) {
        this.choose = choose;
        this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#carry(client));
    }

    static async listen(target?: number, choose: () => Fault = () => ({})): Promise<FaultProxy> {
        const proxy = new FaultProxy(choose);
        proxy.target = target;
        await new Promise<void>((resolve, reject) => {
            proxy.#server.once("error", reject);
            proxy.#server.listen(0, "127.0.0.1", resolve);
        });
        return proxy;
    }

    get port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    /** Connections open now. */
    get open(): number {
        return this.#sockets.size / 2;
    }

    #carry(client: Socket): void {
        client.on("error", () => undefined); // "close" follows
        if (this.target === undefined || client.remoteAddress === undefined) return void client.destroy();
        const where = { host: "127.0.0.1", port: this.target, localAddress: client.remoteAddress };
        const fault = this.choose();
        this.#keep(client);
        const carry = () => this.#pass(client, connect({ ...where, allowHalfOpen: true }), fault);
        if (fault.connectAfterMs === undefined) carry();
        else if (fault.connectAfterMs < Infinity) setTimeout(carry, fault.connectAfterMs);
    }

    #keep(socket: Socket): void {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("close", () => this.#sockets.delete(socket));
    }

    #pass(client: Socket, server: Socket, fault: Fault): void {
        this.#keep(server);
        let deaf = false;
        if (fault.deafAfterMs !== undefined)
            setTimeout(() => {
                deaf = true;
                if (fault.endsTowards !== undefined) (fault.endsTowards === "client" ? client : server).end();
            }, fault.deafAfterMs).unref();
        const isDeaf = () => deaf;
        const cut = () => {
            this.cuts++;
            for (const socket of [client, server]) end(socket, fault.cut?.how ?? "fin");
        };
        server.on("error", () => end(client, "rst"));
        server.on("close", () => deaf || client.destroySoon());
        client.on("close", () => deaf || server.destroySoon());
        server.once("connect", () => {
            this.passed++;
            if (fault.cut?.octets === 0) return cut();
            void pass(client, server, fault, octetsOf(fault, "up"), cut, isDeaf);
            void pass(server, client, fault, octetsOf(fault, "down"), cut, isDeaf);
        });
    }

    /** Ends every connection, and takes no more. */
    async close(): Promise<void> {
        this.target = undefined;
        for (const socket of this.#sockets) socket.destroy();
        await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    }
}

function octetsOf(fault: Fault, direction: Direction): number {
    return fault.cut?.direction === direction ? fault.cut.octets : Infinity;
}

/** Node 20 never closes a socket that is reset while its FIN waits to be sent, and then the process never ends. */
function end(socket: Socket, how: "fin" | "rst"): void {
    if (how === "fin") socket.destroySoon();
    else if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
}

/** One direction, until it ends. @param cut called when `left` octets were passed on */
async function pass(
    from: Socket,
    to: Socket,
    fault: Fault,
    left: number,
    cut: () => void,
    isDeaf: () => boolean,
): Promise<void> {
    const { pieceOctets = Infinity, delayMs } = fault;
    try {
        for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
            for (let at = 0; at < chunk.length;) {
                const piece = chunk.subarray(at, at + Math.min(pieceOctets, left));
                if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs()));
                if (!isDeaf()) await new Promise<void>((resolve) => to.write(piece, () => resolve()));
                at += piece.length;
                left -= piece.length;
                if (left === 0) return cut();
            }
        }
        if (!isDeaf()) to.end();
    } catch {
        if (!isDeaf()) to.destroy(); // `from` was reset
    }
}
