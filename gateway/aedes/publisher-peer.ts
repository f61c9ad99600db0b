import { GatewayError } from "../error.ts";
import type { ConnectionEvents, Log } from "../ports.ts";
import type { Caller } from "../tokens.ts";
import type { Link, Peer } from "./peer.ts";
import type { RepeatedRefusals } from "./repeated-refusals.ts";

/** Where publishers with a token push to a number. The topic's last part is the number's digits. */
const TO = "to/";
/** Largest packet of a publisher: a body of 4,096 octets as JSON with its other fields. */
const PUBLISHER_OCTETS = 8_192;

/** A publisher with an API token: it may publish to `to/<digits>`, and gets nothing. */
export class PublisherPeer implements Peer {
    readonly kind = "publisher";
    readonly inbox = undefined;
    readonly #authenticate: () => Promise<Caller | undefined>;
    readonly #events: ConnectionEvents;
    readonly #refusals: RepeatedRefusals;
    readonly #log: Log;

    /** @param authenticate looks the token up again: it may be revoked while its publisher is connected */
    constructor(
        authenticate: () => Promise<Caller | undefined>,
        events: ConnectionEvents,
        refusals: RepeatedRefusals,
        log: Log,
    ) {
        this.#authenticate = authenticate;
        this.#events = events;
        this.#refusals = refusals;
        this.#log = log;
    }

    ready(link: Link): void {
        link.maxOctets = PUBLISHER_OCTETS;
    }

    publishes(topic: string, payload: Buffer): Promise<void> | undefined {
        if (!topic.startsWith(TO)) return undefined;
        return this.#publish(topic.slice(TO.length), payload);
    }

    async #publish(to: string, payload: Buffer): Promise<void> {
        const caller = await this.#authenticate();
        if (caller === undefined) throw new GatewayError("unauthorized", "This token was revoked: make another one.");
        try {
            await this.#events.published(caller, to, payload);
        } catch (error) {
            if (!this.#refusals.again(caller.id, to, payload, error)) throw error;
            // MQTT-3.3.5-2: a server that does not authorise a PUBLISH may acknowledge it all the same
            const { code, message: why } = error as GatewayError;
            this.#log.warn({ token: caller.id, code, why }, "a message was refused again: acknowledged and dropped");
        }
    }

    subscribed(): void {}
    unsubscribed(): void {}
    written(): void {}
    acknowledged(): void {}
    ended(): void {}
}
