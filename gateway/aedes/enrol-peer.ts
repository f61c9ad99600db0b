import type { SecretFields } from "../../shared/push/message.ts";
import { enrolTopic } from "../../shared/push/topics.ts";
import type { Peer, WayBack } from "./peer.ts";
import { encodePublish } from "./publish-packet.ts";
import { Violation } from "./violation.ts";

/**
 * A board whose code was right: it gets its route and secret, once it has subscribed, and nothing else. With its PUBACK they are in its flash: it
 * closes, and comes back as its route.
 */
export class EnrolPeer implements Peer {
    readonly kind = "enrolling";
    readonly inbox: string;
    readonly #payload: Buffer;
    #connection: WayBack | undefined;

    constructor(chip: string, credentials: { route: string; secret: string }) {
        this.inbox = enrolTopic(chip);
        const fields: SecretFields = { s: credentials.secret, r: credentials.route };
        this.#payload = Buffer.from(JSON.stringify(fields));
    }

    ready(connection: WayBack): void {
        this.#connection = connection;
    }

    publishes(): never {
        throw new Violation("PUBLISH of a board that enrols");
    }

    subscribed(qos: 0 | 1): void {
        this.#connection?.write(encodePublish(this.inbox, this.#payload, qos)); // the only packet, so its id is 1
    }
}
