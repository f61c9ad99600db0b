import { GatewayError } from "../error.ts";
import type { Publication } from "../message.ts";
import type { Caller } from "../token.ts";
import { digest } from "./digest.ts";
import type { Identities } from "./identify.ts";
import type { Link, Peer, Sign } from "./peer.ts";

/** Where publishers with a token push to a number. The topic's last part is the number's digits. */
const TO = "to/";
/** Largest packet of a publisher: a body of 4,096 octets as JSON with its other fields. */
const PUBLISHER_OCTETS = 8_192;
/** Who is heard so long after a PUBACK was written to it, on the same connection, has got it. */
const KNOWS_MS = 5_000;

/** A publisher with an API token: it may publish to `to/<digits>`, and gets nothing. */
export class PublisherPeer implements Peer {
    readonly kind = "publisher";
    readonly inbox = undefined;
    readonly #publisher: string | undefined;
    readonly #authenticate: () => Promise<Caller | undefined>;
    readonly #house: Pick<Identities, "events" | "refusals" | "clock" | "log">;
    /** the oldest and the newest PUBACK that it may not have got; both undefined: there is none */
    #oldestMs: number | undefined;
    #newestMs: number | undefined;

    /**
     * @param publisher by what it is known when it comes again; undefined: by nothing
     * @param authenticate looks the token up again: it may be revoked while its publisher is connected
     */
    constructor(
        publisher: string | undefined,
        authenticate: () => Promise<Caller | undefined>,
        house: Pick<Identities, "events" | "refusals" | "clock" | "log">,
    ) {
        this.#publisher = publisher;
        this.#authenticate = authenticate;
        this.#house = house;
    }

    ready(link: Link): void {
        link.maxOctets = PUBLISHER_OCTETS;
        if (this.#publisher !== undefined) this.#house.events.publisherCame(this.#publisher);
    }

    publishes(topic: string, payload: Buffer, sign?: Sign): Promise<void> | undefined {
        if (!topic.startsWith(TO)) return undefined;
        return this.#publish(topic.slice(TO.length), payload, sign);
    }

    async #publish(to: string, payload: Buffer, sign: Sign | undefined): Promise<void> {
        const { events, refusals, log, clock } = this.#house;
        const caller = await this.#authenticate();
        if (caller === undefined) throw new GatewayError("unauthorized", "This token was revoked: make another one.");
        const publication = this.#publicationOf(to, payload, sign);
        try {
            await events.published(caller, to, payload, publication);
        } catch (error) {
            if (!refusals.again(caller.id, to, payload, error)) throw error;
            // MQTT-3.3.5-2: a server that does not authorise a PUBLISH may acknowledge it all the same
            const { code, message: why } = error as GatewayError;
            log.warn({ token: caller.id, code, why }, "a message was refused again: acknowledged and dropped");
        }
        if (publication === undefined) return;
        this.#newestMs = clock.nowMs();
        this.#oldestMs ??= this.#newestMs;
    }

    #publicationOf(to: string, payload: Buffer, sign: Sign | undefined): Publication | undefined {
        if (this.#publisher === undefined || sign === undefined) return undefined;
        const { packetId, dup } = sign;
        return { publisher: this.#publisher, packetId, content: digest(to, "\0", payload), again: dup };
    }

    /** What it has the PUBACK of it will not say again: told once for all that was written in these seconds. */
    heard(): void {
        if (this.#publisher === undefined || this.#oldestMs === undefined) return;
        const untilMs = this.#house.clock.nowMs() - KNOWS_MS;
        if (this.#oldestMs > untilMs) return;
        this.#house.events.publisherKnows(this.#publisher, untilMs);
        this.#oldestMs = this.#newestMs! > untilMs ? this.#newestMs : undefined;
    }

    subscribed(): void {}
    unsubscribed(): void {}
    written(): void {}
    acknowledged(): void {}
    ended(): void {}
}
