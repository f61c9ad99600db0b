import type { AedesPacket } from "aedes-packet";
import type { Publish } from "./publish-packet.ts";

/** The way back to a client. */
export interface ClientConnection {
    /**
     * Writes a PUBLISH.
     * @param mark comes back in `Peer.written`; with QoS 1 it must grow from one packet to the next
     * @param done called once, when the octets left or the connection ended
     */
    write(topic: string, payload: Buffer, qos: 0 | 1, mark?: Mark, done?: () => void): void;
    /** The client does not read what is written to it. */
    readonly backedUp: boolean;
    /** Largest packet the client may send; a longer one is refused, or its payload skipped if it is a PUBLISH. */
    limitPackets(maxOctets: number, longer: "refused" | "skipped"): void;
}

/** Tells one written packet from another: Aedes' "brokerId" and "brokerCounter". */
export interface Mark {
    brokerId: string;
    brokerCounter: number;
}

/** A connected and authenticated client, as its kind wants it treated: one of the three `…-peer.ts`. */
export interface Peer {
    readonly kind: "device" | "publisher" | "enrolling";
    /** CONNACK is written. */
    ready(connection: ClientConnection): void;
    /** The client publishes. Resolves when the message may be acknowledged. When it rejects, the connection ends. */
    publishes(packet: Publish): Promise<void>;
    /** The one topic it may subscribe to and may get anything from. */
    readonly inbox: string | undefined;
    /** SUBACK is written. */
    subscribed(qos: 0 | 1): void;
    /** UNSUBACK is written. */
    unsubscribed(): void;
    /** A packet is about to be written with this id. */
    written(packetId: number, packet: AedesPacket): void;
    acknowledged(packetId: number): void;
    /** The connection is closed. Called once, whether it had been ready or not. */
    ended(): void;
}
