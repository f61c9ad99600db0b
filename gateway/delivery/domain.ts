import type { Clock } from "../clock.ts";
import { createDirectory, type Directory } from "../directory/directory.ts";
import { createTokens, type Tokens } from "../directory/tokens.ts";
import { MESSAGE_SHARES, Shares } from "../limits/shares.ts";
import { Throttle } from "../limits/throttle.ts";
import type { Log } from "../log.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Timers } from "../system/timers.ts";
import { createBackoffBase, type BackoffBase } from "./backoff-base.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import { createIntake, type Intake } from "./intake.ts";
import { createQueue } from "./queue.ts";
import { createStoreRoom, type StoreRoom } from "./store-room.ts";

export interface DomainOptions {
    store: Store;
    /** asked for at each use, because connections take the domain as an argument */
    connections: () => Connections;
    clock: Clock;
    log: Log;
    timers: Timers;
    /** messages of a whole backlog, unless it has the default size */
    backlogMessages?: number;
    /** what the store may hold, unless that follows from its disk's free room */
    storeOctets?: number;
    /** counted in the store unless it is given */
    backoffBase?: BackoffBase;
}

/** The gateway without its doors, its connections and its store. */
export interface Domain {
    directory: Directory;
    tokens: Tokens;
    throttle: Throttle;
    room: StoreRoom;
    intake: Intake;
    delivery: Delivery;
}

export function createDomain(options: DomainOptions): Domain {
    const { store, clock, timers } = options;
    const directory = createDirectory({ store, clock });
    const tokens = createTokens({ store, clock });
    const throttle = new Throttle(timers, options.backlogMessages);
    const backoffBase = options.backoffBase ?? createBackoffBase({ store, clock });
    const delivery = createDelivery({ ...options, backoffBase });
    const room = createStoreRoom({ ...options, mostOctets: options.storeOctets });
    const intake = createIntake({
        directory,
        queue: createQueue({ store, clock, writtenUpTo: (route) => delivery.writtenUpTo(route) }),
        shares: new Shares(MESSAGE_SHARES),
        throttle,
        room,
        notify: (appended) => delivery.appended(appended),
    });
    return { directory, tokens, throttle, room, intake, delivery };
}
