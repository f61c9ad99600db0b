import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { checkServerIdentity } from "../device/host/network.ts";
import type { Connection, Listener, Network } from "../device/host/network.ts";
import type { Names } from "./device.ts";

/** One connection of an emulated board. */
export type Path = Connection;

interface Live {
    socket: Socket;
    dead: boolean;
}

/**
 * The Wi-Fi of an emulated board. Connections leave from its loopback address, so the gateway sees the address change. When it
 * changes, or the link goes, the open ones become black holes: their sockets stay, unclosed, until the peer closes them, as on
 * Linux, and nothing comes through in either direction.
 */
export class Radio implements Network {
    readonly #live = new Set<Live>();
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
    }

    /** @returns undefined: there is no such name. Never resolves when the name server hangs. */
    async resolve(host: string): Promise<string | undefined> {
        const answer = this.names[host];
        if (answer === "hangs" || this.#address === undefined) return new Promise(() => undefined);
        if (answer === "fails") return undefined;
        return answer ?? (await lookup(host, 4).catch(() => undefined))?.address;
    }

    /** Opens a connection from the present address. Without a link nothing happens, ever. @param ca PEM: TLS */
    open(host: string, port: number, listener: Listener, ca?: string): Connection {
        if (this.#address === undefined) return { write: () => undefined, close: () => undefined };
        const options = { host, port, localAddress: this.#address };
        const socket = ca === undefined ? connectTcp(options) : connectTls({ ...options, ca, checkServerIdentity });
        const live: Live = { socket, dead: false };
        this.#live.add(live);
        socket.setNoDelay(true);
        socket.on(ca === undefined ? "connect" : "secureConnect", () => {
            if (!live.dead) listener.opened();
        });
        socket.on("data", (data: Buffer) => {
            if (!live.dead) listener.received(data);
        });
        socket.on("error", () => undefined); // "close" follows
        socket.on("close", () => {
            this.#live.delete(live);
            if (!live.dead) listener.closed();
        });
        return {
            write: (data) => {
                if (!live.dead) socket.write(data);
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
