import { EventEmitter, once } from "node:events";
import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { checkServerIdentity } from "../device/host/network.ts";
import type { Connection, Listener, Network } from "../device/host/network.ts";
import { Answers } from "./answers.ts";
import type { Names } from "./device.ts";

/** One connection of an emulated board. */
export type Path = Connection;

interface Live {
    socket: Socket;
    dead: boolean;
    /** undefined: it is encrypted */
    answers: Answers | undefined;
}

/** Longer than a gateway on this machine needs. */
const ANSWERED_WITHIN_MS = 5000;

/**
 * The Wi-Fi of an emulated board. Connections leave from its loopback address, so the gateway sees the address change. When it
 * changes, or the link goes, the open ones become black holes: their sockets stay, unclosed, until the peer closes them, as on
 * Linux, and nothing comes through in either direction.
 */
export class Radio implements Network {
    readonly #live = new Set<Live>();
    #lookups = 0;
    /** something came, or nothing will */
    readonly #moved = new EventEmitter();
    #address: string | undefined;
    names: Names;

    constructor(names: Names = {}) {
        this.names = names;
    }

    /** The address now. Undefined: no link. */
    get address(): string | undefined {
        return this.#address;
    }

    /** Another address, or none: open connections are dead from now on. */
    move(address: string | undefined): void {
        this.#address = address;
        for (const live of this.#live) live.dead = true;
        this.#moved.emit("moved");
    }

    /** Whether the board waits: for an address, for a connection, or for the answer to what it sent. */
    get waits(): boolean {
        return this.#lookups > 0 || [...this.#live].some(({ dead, answers }) => !dead && (answers?.due ?? 0) > 0);
    }

    /** Resolves when it waits for nothing. @returns false: that takes longer than a gateway does */
    async quiet(): Promise<boolean> {
        const late = AbortSignal.timeout(ANSWERED_WITHIN_MS);
        while (this.waits && !late.aborted) await once(this.#moved, "moved", { signal: late }).catch(() => undefined);
        return !late.aborted;
    }

    /** @returns undefined: there is no such name. Never resolves when the name server hangs. */
    async resolve(host: string): Promise<string | undefined> {
        const answer = this.names[host];
        if (answer === "hangs" || this.#address === undefined) return new Promise(() => undefined);
        if (answer === "fails") return undefined;
        this.#lookups++;
        const found = answer ?? (await lookup(host, 4).catch(() => undefined))?.address;
        this.#lookups--;
        this.#moved.emit("moved");
        return found;
    }

    /** Opens a connection from the present address. Without a link nothing happens, ever. @param ca PEM: TLS */
    open(host: string, port: number, listener: Listener, ca?: string): Connection {
        if (this.#address === undefined) return { write: () => undefined, close: () => undefined };
        const options = { host, port, localAddress: this.#address };
        const socket = ca === undefined ? connectTcp(options) : connectTls({ ...options, ca, checkServerIdentity });
        const answers = ca === undefined ? new Answers() : undefined;
        const live: Live = { socket, dead: false, answers };
        this.#live.add(live);
        socket.setNoDelay(true);
        socket.on(ca === undefined ? "connect" : "secureConnect", () => {
            answers?.opened();
            if (!live.dead) listener.opened();
            this.#moved.emit("moved");
        });
        socket.on("data", (data: Buffer) => {
            answers?.received(data);
            if (!live.dead) listener.received(data);
            this.#moved.emit("moved");
        });
        socket.on("error", () => undefined); // "close" follows
        socket.on("close", () => {
            this.#live.delete(live);
            if (!live.dead) listener.closed();
            this.#moved.emit("moved");
        });
        return {
            write: (data) => {
                if (live.dead) return;
                answers?.sent(Buffer.from(data));
                socket.write(data);
            },
            close: () => {
                if (live.dead) return;
                live.dead = true;
                socket.destroy();
            },
        };
    }

    /** Really closes everything, dead or not. */
    dispose(): void {
        this.move(undefined);
        for (const live of this.#live) live.socket.destroy();
    }
}
