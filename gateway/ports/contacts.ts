import type { OverflowFields } from "../../shared/push/message.ts";
import type { E164 } from "../number.ts";
import type { Capabilities, Endpoint, Route, Seen } from "../registration.ts";

/** What a contact with a device brings. */
export interface Contact {
    atMs: number;
    /** where it is seen: `nextEndpoint` decides whether that is another endpoint */
    seen?: Seen;
    capabilities?: Capabilities;
    /** the last sequence that the device reports as handled */
    handled?: { epoch: number; sequence: number };
}

/** What the store answers to a contact. */
export interface Contacted {
    number: E164;
    epoch: number;
    /** messages in its backlog */
    waiting: number;
    /** what was dropped because the backlog was full, and the device was not notified of yet */
    overflow?: OverflowFields;
}

/** When and where devices were seen. */
export interface ContactStore {
    /**
     * Stores a contact; the last 20 endpoints are kept. What is `handled` in this epoch ends as delivered. If that is more than this store can
     * have sent, the store was restored from a backup: a new epoch begins, and only what waits since before that backup ends as delivered,
     * because the device has dealt with it. Undefined: no such registration.
     */
    record(route: Route, contact: Contact): Promise<Contacted | undefined>;
    /** The newest first. */
    endpoints(route: Route): Promise<Endpoint[]>;
    /** How many registrations were in contact since then, or made since; `most` if there are more. */
    liveSince(sinceMs: number, most: number): Promise<number>;
}
