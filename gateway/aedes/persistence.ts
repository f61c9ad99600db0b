import { Readable } from "node:stream";
import type { AedesPacket } from "aedes-packet";
import type { Client } from "aedes";

/** What Aedes reports of a packet written to a client, or taken back from it. */
export interface Outgoing {
    /** called before a packet is written, with the packet id that Aedes chose */
    written(client: Client, packetId: number, packet: AedesPacket): void;
    /** called with the packet id of a PUBACK */
    acknowledged(client: Client, packetId: number): void;
}

/**
 * The persistence that Aedes works on: it keeps nothing. The backlog is the gateway's, no subscription outlives its connection, and
 * retained messages, wills and QoS 2 do not come here. What is left are two notes: which packet id a message was
 * written with, and which one was acknowledged (Aedes makes them for sessions that are not clean only).
 */
export class Persistence {
    readonly #outgoing: Outgoing;

    constructor(outgoing: Outgoing) {
        this.#outgoing = outgoing;
    }

    /** Aedes looks whether this is a real async function. */
    async setup(): Promise<void> {}
    async destroy(): Promise<void> {}

    async outgoingUpdate(client: Client, packet: AedesPacket & { messageId?: number }): Promise<void> {
        if (packet.messageId !== undefined) this.#outgoing.written(client, packet.messageId, packet);
    }

    /** Comes with a PUBACK, and without a packet id when Aedes gave a packet up. */
    async outgoingClearMessageId(client: Client, packet: { messageId?: number }): Promise<undefined> {
        if (packet.messageId !== undefined) this.#outgoing.acknowledged(client, packet.messageId);
    }

    async outgoingEnqueue(): Promise<void> {}
    async outgoingEnqueueCombi(): Promise<void> {}
    outgoingStream(): Readable {
        return Readable.from([]);
    }

    async addSubscriptions(): Promise<void> {}
    async removeSubscriptions(): Promise<void> {}
    async cleanSubscriptions(): Promise<void> {}
    async subscriptionsByClient(): Promise<[]> {
        return [];
    }
    async subscriptionsByTopic(): Promise<[]> {
        return [];
    }

    async storeRetained(): Promise<void> {}
    createRetainedStreamCombi(): Readable {
        return Readable.from([]);
    }

    async incomingStorePacket(): Promise<void> {
        throw new Error("QoS 2 does not come here");
    }
    async incomingGetPacket(): Promise<never> {
        throw new Error("QoS 2 does not come here");
    }
    async incomingDelPacket(): Promise<void> {}
    async cleanIncoming(): Promise<void> {}

    async putWill(): Promise<never> {
        throw new Error("wills do not come here");
    }
    async delWill(): Promise<void> {}
    streamWill(): Readable {
        return Readable.from([]);
    }
}
