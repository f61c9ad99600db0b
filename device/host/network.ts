import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

/** What a connection reports: `opened` and `closed` at most once, nothing after `closed`. */
export interface Listener {
    opened(): void;
    received(data: Buffer): void;
    closed(): void;
}

/** A connection that is open, half open or closed. */
export interface Connection {
    write(data: Buffer): void;
    /** At once, without waiting for what was written. `closed` is not reported. */
    close(): void;
}

/** How a device on Node gets out. The emulator's radio is another one. */
export interface Network {
    /** A name's address; undefined: there is none. */
    resolve(host: string): Promise<string | undefined>;
    /** @param ca PEM of the CA to trust: TLS */
    open(address: string, port: number, listener: Listener, ca?: string): Connection;
}

/** The machine's own network. @param localAddress where connections leave from; undefined: the system chooses */
export function directNetwork(localAddress?: string): Network {
    return {
        // boards know IPv4 only, so that comes first
        resolve: async (host) =>
            (
                await lookup(host, 4)
                    .catch(() => lookup(host, 6))
                    .catch(() => undefined)
            )?.address,
        open: (address, port, listener, ca) => {
            const options = { host: address, port, localAddress };
            const socket = ca === undefined ? connectTcp(options) : connectTls({ ...options, ca, checkServerIdentity });
            let live = true;
            socket.setNoDelay(true);
            socket.on(ca === undefined ? "connect" : "secureConnect", () => {
                if (live) listener.opened();
            });
            socket.on("data", (data: Buffer) => {
                if (live) listener.received(data);
            });
            socket.on("error", () => undefined); // "close" follows
            socket.on("close", () => {
                if (live) listener.closed();
                live = false;
            });
            return {
                write: (data) => void socket.write(data),
                close: () => {
                    live = false;
                    socket.destroy();
                },
            };
        },
    };
}

/** The CA is what is trusted: a gateway at home has an address, which its certificate may not name. */
export function checkServerIdentity(): undefined {
    return undefined;
}

/** @param der base64, as the settings have it @returns PEM, RFC 7468 */
export function pemOf(der: string): string {
    const lines = der.match(/.{1,64}/g) ?? [];
    return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
