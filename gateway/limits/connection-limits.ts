import type { Rate } from "./buckets.ts";
import type { FlappingLimits } from "./flapping.ts";

/** What one gateway takes on its MQTT listeners. Each can be set another way with `createConnections({ limits })`. */
export interface ConnectionLimits extends FlappingLimits {
    /** connections in all, authenticated or not */
    connections: number;
    /** connections of one address: a house behind one NAT, or a fleet of emulated boards on one machine */
    perAddress: number;
    /** connections of publishers in all, what is left is for boards; and of publishers with one token */
    publishers: number;
    publishersPerToken: number;
    /** connections that have not sent their whole CONNECT, in all and of one address; the oldest gives way to a new one */
    waiting: number;
    waitingPerAddress: number;
    /** CONNECT packets of one address */
    connectsPerAddress: Rate;
    /** authenticated CONNECT packets of one route or publisher: who only knows its name cannot use them up */
    connectsPerRoute: Rate;
    /** refused credentials of one address; when spent, only routes and tokens that were connected from there before may try */
    failuresPerAddress: Rate;
    /** TLS handshakes of one address: each costs the gateway's processor some milliseconds */
    handshakesPerAddress: Rate;
    /** messages of one board to other numbers: what goes beyond waits, and its PUBACK with it */
    messagesPerRoute: Rate;
    /** registrations and reports on pushes of one board: as with its messages */
    reportsPerRoute: Rate;
    /** time for the whole CONNECT, the TLS handshake included, and then for the store to check the secret */
    connectMs: number;
    authenticateMs: number;
    /** keepalives in seconds; a client that asks for less or more gets these */
    leastKeepAliveS: number;
    mostKeepAliveS: number;
}

/**
 * The defaults. A whole fleet may come from one address (a NAT, a test machine) and all at once (the gateway was restarted), so limits
 * of an address hold back floods and not devices; guessers are kept away by the length of secrets and the few tries of a code.
 */
export const CONNECTION_LIMITS: ConnectionLimits = {
    connections: 20_000,
    perAddress: 15_000,
    publishers: 10_000,
    publishersPerToken: 1_000,
    waiting: 12_000, // at some 4 KB each
    waitingPerAddress: 10_000,
    connectsPerAddress: { burst: 10_000, perSecond: 1_000 },
    connectsPerRoute: { burst: 300, perSecond: 1 },
    failuresPerAddress: { burst: 2_000, perSecond: 20 },
    handshakesPerAddress: { burst: 2_000, perSecond: 50 },
    messagesPerRoute: { burst: 60, perSecond: 1 },
    reportsPerRoute: { burst: 1_000, perSecond: 20 },
    shortConnections: { burst: 15, perSecond: 10 / 60 },
    flappingPauseMs: 300_000,
    shortMs: 5_000,
    connectMs: 5_000,
    authenticateMs: 9_000, // a device waits 10 s for CONNACK
    leastKeepAliveS: 15,
    mostKeepAliveS: 1_200,
};

/** How long a client may be silent. @param keepAliveS as in its CONNECT; 0: it would be silent for ever. MQTT 3.1.1 §3.1.2.10 */
export function silenceMs(
    keepAliveS: number,
    limits: Pick<ConnectionLimits, "leastKeepAliveS" | "mostKeepAliveS">,
): number {
    const wantedS = keepAliveS === 0 ? Infinity : keepAliveS;
    return 1_500 * Math.min(Math.max(wantedS, limits.leastKeepAliveS), limits.mostKeepAliveS);
}

/** Largest CONNECT, and all octets that may wait behind it until its secret is found right. */
export const CONNECT_OCTETS = 512;
export const EARLY_OCTETS = 2_048;
