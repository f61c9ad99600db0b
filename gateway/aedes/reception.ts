import type { Socket } from "node:net";
import { clientKey, plainAddress } from "../limits/client-key.ts";
import { UnauthenticatedSockets } from "../limits/unauthenticated-sockets.ts";
import type { Timers } from "../system/timers.ts";
import { readConnect, type ConnectRequest } from "./connect-packet.ts";
import { Framer, type Frame } from "./framer.ts";
import { CONNECT_OCTETS, EARLY_OCTETS, type ConnectionLimits } from "../limits/connection-limits.ts";
import { CONNACK, encodeConnack, type ConnackCode } from "./packet-types.ts";
import { Violation } from "./violation.ts";

/** How long a CONNACK that refuses may wait for a client that does not read. */
const LAST_WORD_MS = 1_000;

/** A connection that was let in at the door and has not said yet who it is. */
export interface Guest {
    raw: Socket;
    address: string;
    port: number;
    /** the key that per-client limits use */
    client: string;
    forgetDeadline(): void;
}

/** A CONNECT that came in time and is well formed. Its socket is paused. */
export interface Visit {
    guest: Guest;
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
    readonly #came: (visit: Visit) => void;
    readonly #refused: (why: string, guest?: Guest) => void;
    readonly #connections = new Set<Socket>();
    readonly #perClient = new Map<string, number>();
    readonly #waiting: UnauthenticatedSockets<Guest>;
    #lastNumber = 0;

    /** @param refused called with why a connection was ended; with whose, when only this class knows of it */
    constructor(
        limits: ConnectionLimits,
        timers: Timers,
        came: (visit: Visit) => void,
        refused: (why: string, guest?: Guest) => void,
    ) {
        this.#limits = limits;
        this.#timers = timers;
        this.#came = came;
        this.#refused = refused;
        this.#waiting = new UnauthenticatedSockets(
            { all: limits.waiting, perClient: limits.waitingPerAddress },
            (oldest) => this.end(oldest, "too many connections without CONNECT"),
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
    admit(raw: Socket): Guest | undefined {
        const { remoteAddress, remotePort } = raw;
        raw.on("error", () => raw.destroy());
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
        const forgetDeadline = this.#timers.after(this.#limits.connectMs, () => this.end(guest, "no CONNECT in time"));
        const guest: Guest = { raw, address, port: remotePort, client, forgetDeadline };
        raw.on("close", () => this.#left(guest));
        this.#waiting.add(guest, client);
        return guest;
    }

    /** Reads the CONNECT of a guest. @param socket the guest's own, or its TLS side */
    receive(guest: Guest, socket: Socket): void {
        const framer = new Framer(CONNECT_OCTETS);
        socket.setNoDelay(true);
        socket.on("error", () => socket.destroy());
        socket.on("data", (chunk: Buffer) => {
            framer.add(chunk);
            try {
                const frame = framer.take();
                framer.trim();
                if (frame !== undefined) this.#connect(guest, socket, framer, frame);
            } catch (error) {
                // Whatever is wrong with our own reading, a stranger's octets must not end the gateway.
                this.end(guest, error instanceof Violation ? error.message : "internal");
            }
        });
    }

    #connect(guest: Guest, socket: Socket, framer: Framer, frame: Frame): void {
        const request = readConnect(frame);
        if (request === "version") {
            this.#refused("not MQTT 3.1.1, the only one that is offered", guest);
            return this.#sayNo({ guest, socket }, CONNACK.badVersion);
        }
        if (framer.waiting > EARLY_OCTETS) throw new Violation("too many octets behind CONNECT");
        this.#stopWaiting(guest);
        socket.removeAllListeners("data");
        socket.pause();
        this.#came({ guest, socket, framer, frame, request, number: ++this.#lastNumber });
    }

    /** Writes the CONNACK that refuses, and ends the connection as soon as the octets are out. */
    refuse(visit: Visit, code: ConnackCode, why: string): void {
        this.#refused(why);
        this.#sayNo(visit, code);
    }

    #sayNo({ guest, socket }: Pick<Visit, "guest" | "socket">, code: ConnackCode): void {
        this.#stopWaiting(guest);
        if (socket.destroyed) return;
        socket.removeAllListeners("data");
        socket.resume();
        socket.write(encodeConnack(code));
        socket.destroySoon();
        guest.forgetDeadline = this.#timers.after(LAST_WORD_MS, () => guest.raw.destroy());
    }

    #stopWaiting(guest: Guest): void {
        guest.forgetDeadline();
        this.#waiting.delete(guest);
    }

    /** Ends the connection of a guest without a word. */
    end(guest: Guest, why: string): void {
        this.#refused(why, guest);
        this.#stopWaiting(guest);
        guest.raw.destroy();
    }

    #left(guest: Guest): void {
        this.#stopWaiting(guest);
        this.#connections.delete(guest.raw);
        const count = this.#perClient.get(guest.client) ?? 0;
        if (count > 1) this.#perClient.set(guest.client, count - 1);
        else this.#perClient.delete(guest.client);
    }

    /** Ends every connection that came in here, whatever became of it. */
    clear(): void {
        for (const raw of this.#connections) raw.destroy();
    }
}
