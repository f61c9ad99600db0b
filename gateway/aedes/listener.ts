import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from "node:tls";
import type { Admission } from "./admission.ts";
import type { Guest, Reception } from "./reception.ts";

export interface ListenOptions {
    host: string;
    /** 0: any free one */
    port: number;
    /** certificate and key: this listener speaks TLS */
    tls?: SecureContextOptions;
}

export interface Listener {
    address: string;
    port: number;
    /** New certificates for connections to come. @throws Error of node:tls when they do not fit each other */
    reload(tls: SecureContextOptions): void;
}

/** Connections that may wait to be taken in (as far as the system allows): after a restart a whole fleet comes at once. */
const BACKLOG = 4_096;

/** Opens a listener whose sockets go to the reception. @throws Error of node:net when the port is taken */
export async function openListener(
    { host, port, tls }: ListenOptions,
    reception: Reception,
    admission: Pick<Admission, "mayShakeHands">,
    connectMs: number,
): Promise<{ listener: Listener; server: Server }> {
    const server = tls === undefined ? createPlain(reception) : createSecure(tls, reception, admission, connectMs);
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port, backlog: BACKLOG }, () => {
            server.off("error", reject);
            resolve();
        });
    });
    const bound = server.address() as AddressInfo;
    const reload = (context: SecureContextOptions) => {
        if (tls === undefined) throw new Error("this listener does not speak TLS");
        (server as TlsServer).setSecureContext(context);
    };
    return { listener: { address: bound.address, port: bound.port, reload }, server };
}

function createPlain(reception: Reception): Server {
    return createServer((socket) => {
        const guest = reception.admit(socket);
        if (guest !== undefined) reception.receive(guest, socket);
    });
}

function createSecure(
    tls: SecureContextOptions,
    reception: Reception,
    admission: Pick<Admission, "mayShakeHands">,
    connectMs: number,
): Server {
    const guests = new Map<string, Guest>();
    const server = createTlsServer({ ...tls, handshakeTimeout: connectMs });
    server.on("connection", (raw: Socket) => {
        const guest = reception.admit(raw);
        if (guest === undefined) return;
        if (!admission.mayShakeHands(guest.network))
            return reception.end(guest, "too many TLS handshakes of one address");
        const name = nameOf(raw);
        guests.set(name, guest);
        raw.on("close", () => guests.delete(name));
    });
    server.on("secureConnection", (socket) => {
        const guest = guests.get(nameOf(socket));
        if (guest === undefined) socket.destroy();
        else reception.receive(guest, socket);
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
    return `${remoteAddress} ${remotePort}`;
}
