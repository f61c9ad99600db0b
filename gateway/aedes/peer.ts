import type { Publish } from "./publish-packet.ts";

/** The way back to a client. */
export interface WayBack {
    /** Writes whole packets. @param sent called when they have left; never when the connection ends first */
    write(packets: Buffer, sent?: () => void): void;
    /** since when what is written to it waits in memory, because it does not read; undefined: it reads */
    readonly stuckMs: number | undefined;
    /** Largest packet the client may send; a longer one is refused, or its payload skipped if it is a PUBLISH. */
    limitPackets(maxOctets: number, longer: "refused" | "skipped"): void;
}

/** A connected and authenticated client, as its kind wants it treated: one of the three `…-peer.ts`. */
export interface Peer {
    readonly kind: "device" | "publisher" | "enrolling";
    /** CONNACK is written. */
    ready(connection: WayBack): void;
    /** The client publishes. Resolves when the message may be acknowledged. When it rejects, the connection ends. @throws Violation */
    publishes(packet: Publish): Promise<unknown>;
    /** The one topic it may subscribe to and may get anything from. */
    readonly inbox: string | undefined;
    /** SUBACK is written. */
    subscribed?(qos: 0 | 1): void;
    /** UNSUBACK is written. */
    unsubscribed?(): void;
    /** PUBACK. */
    acknowledged?(packetId: number): void;
    /** The connection is closed. Called once, whether it had been ready or not. */
    ended?(): void;
}
