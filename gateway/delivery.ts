import type { Directory } from "./directory.ts";
import type { Draft } from "./message.ts";
import type { Appended, Clock, ConnectionEvents, Connections, Log, Store } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Timers } from "./timers.ts";

export interface DeliveryOptions {
    store: Pick<Store, "byRoute" | "contact" | "backlog" | "backlogSize" | "sent" | "settle" | "settleUpTo" | "read">;
    directory: Pick<Directory, "recipient">;
    /** Stores a message and tells delivery (`appended`): resolves after the commit. */
    send(registration: Registration, draft: Draft): Promise<Appended>;
    /** asked for at each use, because connections take delivery as an argument */
    connections: () => Connections;
    clock: Clock;
    log: Log;
    timers?: Timers;
}

/** The only place that decides when to send. Its state is of connected routes only, bounded for each. */
export interface Delivery extends ConnectionEvents {
    /** To be called by whoever stored a message, after the commit. A `repeated` one is nothing new. */
    appended(appended: Appended): void;
    /** No sweep and no new push after this; settle writes under way are waited for. */
    close(): Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
    throw new Error(`not written yet ${Object.keys(options).join()}`);
}
