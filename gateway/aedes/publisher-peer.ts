import { readPublisherMessage } from "../delivery/publisher-payload.ts";
import type { Tokens } from "../directory/tokens.ts";
import type { Intake } from "../delivery/intake.ts";
import { GatewayError, isFinal } from "../error.ts";
import type { Log } from "../log.ts";
import type { Draft } from "../message.ts";
import type { Caller } from "../token.ts";
import type { Peer, WayBack } from "./peer.ts";
import { identityOf, type Publish } from "./publish-packet.ts";
import type { Refusals } from "./refusals.ts";

/** Where publishers with a token push to a number. The topic's last part is the number's digits. */
const TO = "to/";
/** Largest packet of a publisher: a body of 4,096 octets as JSON with its other fields. */
const PUBLISHER_OCTETS = 8_192;

export interface PublisherDependencies {
    intake: Pick<Intake, "accept">;
    refusals: Refusals;
    log: Log;
    tokens: Pick<Tokens, "authenticateToken" | "knownCaller">;
}

/** A publisher with an API token: it may publish to `to/<digits>`, and gets nothing. */
export class PublisherPeer implements Peer {
    readonly kind = "publisher";
    readonly inbox = undefined;
    readonly #token: string;
    readonly #client: string | undefined;
    readonly #connection: number;
    readonly #dependencies: PublisherDependencies;
    /** under way: the token is looked up again */
    #checking: Promise<Caller> | undefined;

    /**
     * @param tokenId of its token
     * @param client what it is known by when it comes again; undefined: nothing
     * @param connection number of its connection
     */
    constructor(
        readonly tokenId: string,
        token: string,
        client: string | undefined,
        connection: number,
        dependencies: PublisherDependencies,
    ) {
        this.#token = token;
        this.#client = client;
        this.#connection = connection;
        this.#dependencies = dependencies;
    }

    ready(connection: WayBack): void {
        connection.limitPackets(PUBLISHER_OCTETS, "skipped");
    }

    /** Its token may be revoked while it is connected. What is behind a message that waits for that waits too. */
    publishes(packet: Publish): Promise<unknown> {
        if (this.#checking === undefined) {
            const caller = this.#dependencies.tokens.knownCaller(this.#token);
            if (caller !== undefined) return this.#accept(caller, packet);
            this.#checking = this.#check().finally(() => (this.#checking = undefined));
        }
        return this.#checking.then((caller) => this.#accept(caller, packet));
    }

    /** @throws GatewayError unauthorized */
    async #check(): Promise<Caller> {
        const caller = await this.#dependencies.tokens.authenticateToken(this.#token);
        if (caller === undefined) throw new GatewayError("unauthorized", "This token was revoked: make another one.");
        return caller;
    }

    async #accept(caller: Caller, packet: Publish): Promise<void> {
        try {
            await this.#dependencies.intake.accept(caller, readDraft(packet));
        } catch (error) {
            if (!isFinal(error) || !this.#wasClosedFor(packet)) throw error;
            // MQTT-3.3.5-2: a server that does not authorise a PUBLISH may acknowledge it all the same
            const { code, message: why } = error;
            this.#dependencies.log.warn(
                { tokenId: caller.id, code, why },
                "a refused message came again: acknowledged and dropped",
            );
        }
    }

    #wasClosedFor(packet: Publish): boolean {
        if (this.#client === undefined) return false;
        return this.#dependencies.refusals.isRepeat(this.#client, identityOf(packet), this.#connection);
    }
}

/** @throws GatewayError */
function readDraft({ topic, qos, payload }: Publish): Draft {
    if (qos === 2) throw new GatewayError("invalid_request", "QoS 2 is not offered: publish with QoS 1.");
    if (!topic.startsWith(TO)) {
        throw new GatewayError("forbidden", "An API token publishes to to/ and the digits of a number.");
    }
    if (payload === undefined) {
        throw new GatewayError(
            "too_large",
            `A packet of a publisher has at most ${PUBLISHER_OCTETS} octets: shorten the message.`,
        );
    }
    return readPublisherMessage(topic.slice(TO.length), payload);
}
