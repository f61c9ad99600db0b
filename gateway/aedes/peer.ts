import type { AedesPacket } from "aedes-packet";

/** The way back to a client. */
export interface Link {
    /**
     * Writes a PUBLISH.
     * @param mark comes back in `Peer.written`; with QoS 1 it must grow from one packet to the next
     * @param done called once, when the octets left or the connection ended
     */
    write(topic: string, payload: Buffer, qos: 0 | 1, mark?: Mark, done?: () => void): void;
    /** The client does not read what is written to it. */
    readonly backedUp: boolean;
    /** Largest packet taken from it, in octets. */
    set maxOctets(octets: number);
    /** Ends the connection at once. */
    close(why: string): void;
}

/** What tells one written packet from another: Aedes' "brokerId" and "brokerCounter". */
export interface Mark {
    brokerId: string;
    brokerCounter: number;
}

/** What a PUBLISH of QoS 1 carries to be told from others. MQTT 3.1.1 §3.3.1.1, §3.3.2.2. */
export interface Sign {
    packetId: number;
    dup: boolean;
}

/** A connected and authenticated client, as its kind wants it treated: one of the three `…-peer.ts`. */
export interface Peer {
    readonly kind: "device" | "publisher" | "enrolling";
    /** CONNACK is written. */
    ready(link: Link): void;
    /**
     * The client publishes. Resolves when that is done: then comes its PUBACK. Undefined: it may not publish there.
     * @param sign of QoS 1
     */
    publishes(topic: string, payload: Buffer, sign?: Sign): Promise<void> | undefined;
    /** A whole packet came, of any type. */
    heard?(): void;
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
