import type { SecureContextOptions } from "node:tls";
import type { Directory } from "../directory.ts";
import type { Clock, ConnectionEvents, Connections, Log } from "../ports.ts";
import type { Route } from "../registration.ts";
import type { Tokens } from "../tokens.ts";
import type { ConnectionLimits } from "./limits.ts";

export interface ConnectionsOptions {
    events: ConnectionEvents;
    directory: Pick<Directory, "authenticate" | "redeem">;
    tokens: Pick<Tokens, "authenticateToken">;
    /** those that differ from CONNECTION_LIMITS */
    limits?: Partial<ConnectionLimits>;
    clock: Clock;
    log: Log;
}

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

export interface ConnectionStats {
    /** devices, publishers and boards that enrol */
    devices: number;
    publishers: number;
    enrolling: number;
    /** connected, but not authenticated yet */
    waiting: number;
    /** since the start, by reason */
    refused: Record<string, number>;
    /** routes that connect too often, and until when they are refused */
    flapping: { route: Route; untilMs: number }[];
}

export interface GatewayConnections extends Connections {
    listen(options: ListenOptions): Promise<Listener>;
    stats(): ConnectionStats;
    /** Ends listeners and connections, those of this object only. */
    shut(): Promise<void>;
}

export function createConnections(options: ConnectionsOptions): GatewayConnections {
    throw new Error(`not written yet ${Object.keys(options).join()}`);
}
