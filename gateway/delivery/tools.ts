import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Timers } from "../system/timers.ts";
import type { BackoffBase } from "./backoff-base.ts";
import type { Settling } from "./settling.ts";

export interface DeliveryOptions {
    store: Pick<Store, "contacts" | "backlog" | "receipts">;
    /** asked for at each use, because connections take delivery as an argument */
    connections: () => Connections;
    clock: Clock;
    log: Log;
    timers: Timers;
    backoffBase: BackoffBase;
}

/** What connections and windows work with. */
export interface DeliveryTools extends DeliveryOptions {
    settling: Settling;
    /** Lets a write go on by itself: it is waited for when the gateway ends, and its failure is logged. */
    background: (write: Promise<unknown>) => void;
}
