import type { Socket } from "node:net";
import { clientKey, plainAddress } from "../limits/client-key.ts";
import { CONNECT_OCTETS, EARLY_OCTETS, type ConnectionLimits } from "../limits/connection-limits.ts";
import { BoundedSockets } from "../limits/bounded-sockets.ts";
import type { Timers } from "../system/timers.ts";
import { readConnect, type ConnectRequest } from "./connect-packet.ts";
import { Framer, type Frame } from "./framer.ts";
import { CONNACK, encodeConnack, type ConnackCode } from "./packet-types.ts";
import { Violation } from "./violation.ts";

/** How long a CONNACK that refuses may wait for a client that does not read. */
const CONNACK_MS = 1_000;

const NOTHING = () => {};

function destroyIt(this: Socket): void {
    this.destroy();
}

/** A connection that was accepted and has not sent its CONNECT yet. */
export interface Arrival {
    raw: Socket;
    address: string;
    port: number;
    /** the key that per-client limits use */
    client: string;
    /** until its CONNECT came, or it ended */
    waiting: boolean;
    forgetDeadline(): void;
}

/** A CONNECT that came in time and is well formed. Its socket is paused. */
export interface ConnectAttempt {
    arrival: Arrival;
    socket: Socket;
    framer: Framer;
    frame: Frame;
    request: ConnectRequest;
    /** in the order of arrival */
    number: number;
}

/** Takes in sockets and waits for their CONNECT: little memory each, a deadline, and a bound for each address and for all. */
export class Reception {
    readonly #limits: ConnectionLimits;
    readonly #timers: Timers;
    readonly #came: (attempt: ConnectAttempt) => void;
    readonly #refused: (why: string, arrival?: Arrival) => void;
    readonly #connections = new Set<Socket>();
    readonly #perClient = new Map<string, number>();
    readonly #waiting: BoundedSockets<Arrival>;
    #lastNumber = 0;

    /** @param refused called with why a connection was ended; with whose, when only this class knows of it */
    constructor(
        limits: ConnectionLimits,
        timers: Timers,
        came: (attempt: ConnectAttempt) => void,
        refused: (why: string, arrival?: Arrival) => void,
    ) {
        this.#limits = limits;
        this.#timers = timers;
        this.#came = came;
        this.#refused = refused;
        const bounds = { all: limits.waiting, perClient: limits.waitingPerAddress };
        this.#waiting = new BoundedSockets(bounds, (oldest) =>
            this.#endUnread(oldest, "too many connections without CONNECT"),
        );
    }

    /** Number of the last CONNECT that came. */
    get lastNumber(): number {
        return this.#lastNumber;
    }

    get waiting(): number {
        return this.#waiting.size;
    }

    /** Counts a new connection, or ends it. The deadline for its CONNECT runs from here, a TLS handshake included. */
    admit(raw: Socket): Arrival | undefined {
        const { remoteAddress, remotePort } = raw;
        raw.on("error", destroyIt);
        if (remoteAddress === undefined || remotePort === undefined) return void raw.destroy();
        const address = plainAddress(remoteAddress);
        const client = clientKey(address);
        const count = this.#perClient.get(client) ?? 0;
        if (this.#connections.size >= this.#limits.connections || count >= this.#limits.perAddress) {
            this.#refused("too many connections");
            return void raw.destroy();
        }
        this.#connections.add(raw);
        this.#perClient.set(client, count + 1);
        const forgetDeadline = this.#timers.after(this.#limits.connectMs, () =>
            this.#endUnread(arrival, "no CONNECT in time"),
        );
        const arrival: Arrival = { raw, address, port: remotePort, client, waiting: true, forgetDeadline };
        raw.on("close", () => this.#left(arrival));
        this.#waiting.add(arrival, client);
        return arrival;
    }

    /** Reads the CONNECT of a connection. @param socket its own, or its TLS side */
    receive(arrival: Arrival, socket: Socket): void {
        const framer = new Framer(CONNECT_OCTETS);
        socket.setNoDelay(true);
        if (socket !== arrival.raw) socket.on("error", destroyIt);
        socket.on("data", (chunk: Buffer) => {
            framer.add(chunk);
            try {
                const frame = framer.take();
                framer.trim();
                if (frame !== undefined) this.#connect(arrival, socket, framer, frame);
            } catch (error) {
                // Whatever is wrong with our own reading, a stranger's octets must not end the gateway.
                this.end(arrival, error instanceof Violation ? error.message : "internal");
            }
        });
    }

    #connect(arrival: Arrival, socket: Socket, framer: Framer, frame: Frame): void {
        const request = readConnect(frame);
        if (request === "version") {
            this.#refused("not MQTT 3.1.1, the only one that is offered", arrival);
            return this.#answer({ arrival, socket }, CONNACK.badVersion);
        }
        if (framer.waiting > EARLY_OCTETS) throw new Violation("too many octets behind CONNECT");
        this.#stopWaiting(arrival);
        stopReading(socket);
        socket.pause();
        this.#came({ arrival, socket, framer, frame, request, number: ++this.#lastNumber });
    }

    /** Writes the CONNACK that refuses, and ends the connection as soon as the octets are out. */
    refuse(attempt: ConnectAttempt, code: ConnackCode, why: string): void {
        this.#refused(why);
        this.#answer(attempt, code);
    }

    #answer({ arrival, socket }: Pick<ConnectAttempt, "arrival" | "socket">, code: ConnackCode): void {
        this.#stopWaiting(arrival);
        if (socket.destroyed) return;
        stopReading(socket);
        socket.resume();
        socket.write(encodeConnack(code));
        socket.destroySoon();
        arrival.forgetDeadline = this.#timers.after(CONNACK_MS, () => arrival.raw.destroy());
    }

    #stopWaiting(arrival: Arrival): void {
        arrival.waiting = false;
        arrival.forgetDeadline();
        arrival.forgetDeadline = NOTHING; // an arrival is kept for as long as its connection
        this.#waiting.delete(arrival);
    }

    /** Ends a connection, unless its CONNECT lies in the kernel: this gateway was busy then, and reads it in this turn of the event loop. */
    #endUnread(arrival: Arrival, why: string): void {
        setImmediate(() => {
            if (arrival.waiting) this.end(arrival, why);
        });
    }

    /** Ends a connection without an answer. */
    end(arrival: Arrival, why: string): void {
        this.#refused(why, arrival);
        this.#stopWaiting(arrival);
        arrival.raw.destroy();
    }

    #left(arrival: Arrival): void {
        this.#stopWaiting(arrival);
        this.#connections.delete(arrival.raw);
        const count = this.#perClient.get(arrival.client) ?? 0;
        if (count > 1) this.#perClient.set(arrival.client, count - 1);
        else this.#perClient.delete(arrival.client);
    }

    /** Ends every connection that came in here, whatever became of it. */
    clear(): void {
        for (const raw of this.#connections) raw.destroy();
    }
}

/** One by one: `removeAllListeners` makes a dictionary of Node's table of listeners, which then takes 360 octets more. */
function stopReading(socket: Socket): void {
    for (const listener of socket.listeners("data")) socket.off("data", listener as () => void);
}
