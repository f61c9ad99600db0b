import type { ConnectionEvents } from "../ports.ts";
import type { Caller } from "../tokens.ts";
import type { Link, Peer } from "./peer.ts";

/** Where publishers with a token push to a number. The topic's last part is the number's digits. */
const TO = "to/";
/** Largest packet of a publisher: a body of 4,096 octets as JSON with its other fields. */
const PUBLISHER_OCTETS = 8_192;

/** A publisher with an API token: it may publish to `to/<digits>`, and gets nothing. */
export class PublisherPeer implements Peer {
    readonly kind = "publisher";
    readonly inbox = undefined;
    readonly #caller: Caller;
    readonly #events: ConnectionEvents;

    constructor(caller: Caller, events: ConnectionEvents) {
        this.#caller = caller;
        this.#events = events;
    }

    ready(link: Link): void {
        link.maxOctets = PUBLISHER_OCTETS;
    }

    publishes(topic: string, payload: Buffer): Promise<void> | undefined {
        if (!topic.startsWith(TO)) return undefined;
        return this.#events.published(this.#caller, topic.slice(TO.length), payload);
    }

    subscribed(): void {}
    unsubscribed(): void {}
    written(): void {}
    acknowledged(): void {}
    ended(): void {}
}
