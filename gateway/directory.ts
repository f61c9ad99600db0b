import type { Enrolled, Enrolment } from "./enrolment.ts";
import type { E164 } from "./number.ts";
import type { Clock, Store } from "./ports.ts";
import type { Endpoint, Registration, Route } from "./registration.ts";

/** A device that was not seen for so long is shown as stale; after the second span its registration ends. */
export const STALE_MS = 30 * 86_400_000;
export const EXPIRED_MS = 270 * 86_400_000;

/** Who has which number. */
export interface Directory extends Enrolment {
    /** Registers a number at an operator's word, without a code. A registration it had is ended. */
    register(number: E164, options?: { label?: string; keepBacklog?: boolean }): Promise<Enrolled>;
    /** The registration if the secret is its own. The first use of a new secret ends the old one; any use ends "provisional". */
    authenticate(route: string, secret: string): Promise<Registration | undefined>;
    find(number: E164): Promise<Registration | undefined>;
    findByRoute(route: string): Promise<Registration | undefined>;
    /** The registration that messages to a number go to. @throws GatewayError unknown_number, unregistered */
    recipient(number: E164): Promise<Registration>;
    /** In the order of their numbers. */
    list(page: { after?: E164; limit: number }): Promise<Registration[]>;
    /** Newest first, 20 at most. */
    endpoints(route: Route): Promise<Endpoint[]>;
    /** Ends a registration and drops its backlog; the caller closes its connection. @throws GatewayError unknown_number, unregistered */
    remove(number: E164): Promise<Registration>;
    /** A new secret, to be sent to the device; the old one works until the new one was used. Undefined: no such route. */
    rotate(route: Route): Promise<string | undefined>;
    /** Not seen for 30 days. */
    stale(registration: Registration, nowMs: number): boolean;
    /** Ends what was not seen for 270 days, in small batches. @returns what ended, for its connections to be closed */
    sweep(nowMs: number): Promise<Registration[]>;
}

export function createDirectory(options: {
    store: Store;
    clock: Clock;
    random?: (octets: number) => Buffer;
}): Directory {
    throw new Error(`not written yet ${Object.keys(options).join()}`);
}
