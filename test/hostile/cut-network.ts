import { connect, type Socket } from "node:net";
import type { Connection, Listener, Network } from "../../device/host/network.ts";

/**
 * A network that goes dead at an octet: whatever was to pass before it, in both directions and over all connections, passes; that octet
 * and all behind it do not. Then the power is gone.
 */
export class CutNetwork implements Network {
    #left: number;
    readonly #powerFails: () => void;
    readonly #sockets = new Set<Socket>();
    #dead = false;
    /** what the gateway sent, with what nobody got any more */
    readonly received: Buffer[] = [];

    /** @param octets that pass; Infinity: all of them */
    constructor(octets: number, powerFails: () => void = () => {}) {
        this.#left = octets;
        this.#powerFails = powerFails;
    }

    resolve(host: string): Promise<string> {
        return Promise.resolve(host);
    }

    open(address: string, port: number, listener: Listener): Connection {
        const socket = connect({ host: address, port });
        this.#sockets.add(socket);
        let live = true;
        const isUp = () => live && !this.#dead;
        socket.setNoDelay(true);
        socket.on("connect", () => isUp() && listener.opened());
        socket.on("data", (data: Buffer) => {
            this.received.push(data);
            if (!isUp()) return;
            const passed = this.#pass(data);
            if (passed.length > 0) listener.received(passed);
            this.#failIfDue();
        });
        socket.on("error", () => undefined);
        socket.on("close", () => {
            this.#sockets.delete(socket);
            if (isUp()) listener.closed();
            live = false;
        });
        return {
            write: (data) => {
                if (this.#dead) return;
                const passed = this.#pass(data);
                if (passed.length > 0) socket.write(passed);
                this.#failIfDue();
            },
            close: () => {
                live = false;
                socket.destroySoon();
            },
        };
    }

    #pass(data: Buffer): Buffer {
        const passed = data.subarray(0, this.#left);
        this.#left -= passed.length;
        return passed;
    }

    /** What was written before still arrives: it is in the gateway's socket, or on the way to it. */
    #failIfDue(): void {
        if (this.#left > 0 || this.#dead) return;
        this.#dead = true;
        for (const socket of this.#sockets) socket.end();
        setTimeout(() => this.shut(), 100).unref();
        this.#powerFails();
    }

    /** The power has not failed. */
    get alive(): boolean {
        return !this.#dead;
    }

    shut(): void {
        this.#dead = true;
        for (const socket of this.#sockets) socket.destroy();
    }
}
