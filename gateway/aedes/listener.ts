import { constants } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from "node:tls";
import type { Admission } from "../limits/admission.ts";
import { listenOn } from "../system/listening.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { Reception } from "./reception.ts";

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
    /** Listens on another address, at the same port. @throws Error of node:net */
    move(address: string): Promise<void>;
}

/** Beside the certificate, at the start and at each reload: a handshake costs the processor milliseconds, so a connection gets one. */
const TERMS: SecureContextOptions = { minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_RENEGOTIATION };

/** Connections that may wait to be taken in (as far as the system allows): after a restart a whole fleet comes at once. */
const BACKLOG = 4_096;

/** Opens a listener whose sockets go to the reception. @throws Error of node:net when the port is taken */
export async function openListener(
    { host, port, tls }: ListenOptions,
    reception: Reception,
    admission: Pick<Admission, "mayShakeHands">,
    connectMs: number,
): Promise<{ listener: Listener; server: Server }> {
    const secure = tls === undefined ? undefined : createSecure(tls, connectMs);
    const server = createServer((raw) => {
        const connection = reception.admit(raw);
        if (connection === undefined) return;
        if (secure === undefined) return connection.read(raw);
        if (admission.mayShakeHands(connection.from.client)) return secure.shakeHands(raw, connection);
        reception.end(connection, "too many TLS handshakes of one address");
    });
    await listenOn(server, { host, port, backlog: BACKLOG });
    const bound = server.address() as AddressInfo;
    const reload = (context: SecureContextOptions) => {
        if (secure === undefined) throw new Error("this listener does not speak TLS");
        secure.server.setSecureContext({ ...context, ...TERMS });
    };
    const move = (address: string) => listenOn(server, { host: address, port: bound.port, backlog: BACKLOG });
    return { listener: { address: bound.address, port: bound.port, reload, move }, server };
}

/** The TLS side of a listener. It listens nowhere itself: a connection that is over a limit costs nothing of TLS. */
function createSecure(
    tls: SecureContextOptions,
    connectMs: number,
): { server: TlsServer; shakeHands(raw: Socket, connection: ClientConnection): void } {
    const shaking = new Map<string, ClientConnection>();
    const server = createTlsServer({ ...tls, ...TERMS, handshakeTimeout: connectMs });
    server.on("secureConnection", (socket) => {
        const connection = shaking.get(nameOf(socket));
        if (connection === undefined) return void socket.destroy();
        socket.disableRenegotiation(); // who tries is cut off: a refusal each time could be asked for without end
        connection.read(socket);
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return {
        server,
        shakeHands(raw, connection) {
            const name = nameOf(raw);
            shaking.set(name, connection);
            raw.on("close", () => {
                if (shaking.get(name) === connection) shaking.delete(name);
            });
            server.emit("connection", raw);
        },
    };
}

/** Its two ends: the same far end may come to two addresses of this machine. */
function nameOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
    return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
