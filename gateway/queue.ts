import type { Draft } from "./message.ts";
import type { Appended, Clock, Store } from "./ports.ts";
import type { Registration } from "./registration.ts";

/** Where a message becomes durable. */
export interface Queue {
    /**
     * Checks a message, gives it an id and stores it behind the others of its registration. Resolves after the commit.
     * @throws GatewayError invalid_request, too_large, unregistered (it ended meanwhile), too_many (the backlog is full of more urgent
     * ones, or the store is behind), unavailable
     */
    append(registration: Registration, draft: Draft): Promise<Appended>;
}

export function createQueue(options: { store: Store; clock: Clock; random?: (octets: number) => Buffer }): Queue {
    throw new Error(`not written yet ${Object.keys(options).join()}`);
}
