import type { SecretFields } from "../../shared/push/message.ts";
import { enrolTopic } from "../../shared/push/topics.ts";
import type { ClientConnection, Peer } from "./peer.ts";
import { Violation } from "./violation.ts";

/** A board whose code was right: it gets its route and secret, once it has subscribed, and nothing else. */
export class EnrolPeer implements Peer {
    readonly kind = "enrolling";
    readonly inbox: string;
    readonly #payload: Buffer;
    #connection: ClientConnection | undefined;

    constructor(chip: string, credentials: { route: string; secret: string }) {
        this.inbox = enrolTopic(chip);
        const fields: SecretFields = { s: credentials.secret, r: credentials.route };
        this.#payload = Buffer.from(JSON.stringify(fields));
    }

    ready(connection: ClientConnection): void {
        this.#connection = connection;
    }

    async publishes(): Promise<void> {
        throw new Violation("PUBLISH of a board that enrols");
    }

    subscribed(qos: 0 | 1): void {
        this.#connection?.write(this.inbox, this.#payload, qos, { brokerId: "enrol", brokerCounter: 1 });
    }

    unsubscribed(): void {}
    written(): void {}

    /** PUBACK: route and secret are in the board's flash. It closes and comes back as its route. */
    acknowledged(): void {}
    ended(): void {}
}
