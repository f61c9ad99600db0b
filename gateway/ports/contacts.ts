import type { Capabilities, Endpoint, Registration, Route } from "../registration.ts";

/** What a contact with a device brings. */
export interface Contact {
    atMs: number;
    /** takes the place of the last one if that has the same `sinceMs` */
    endpoint?: Endpoint;
    capabilities?: Capabilities;
    epoch?: number;
    /** the last sequence that the device reports as handled */
    handled?: { epoch: number; sequence: number };
}

/** When and where devices were seen. */
export interface ContactStore {
    /**
     * Stores a contact; the last 20 endpoints are kept. A new epoch begins when one is given, or when `handled` shows that the device has seen
     * more than this store can have sent: the store was restored from a backup. Then what waits since before that backup ends as delivered:
     * the device has dealt with it. Undefined: no such registration.
     */
    record(route: Route, contact: Contact): Promise<Registration | undefined>;
    /** The newest first. */
    endpoints(route: Route): Promise<Endpoint[]>;
    /** How many registrations were in contact since then, or made since. */
    liveSince(sinceMs: number): Promise<number>;
}
