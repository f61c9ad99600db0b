import type { CodeChannel } from "../directory/code-channel.ts";
import type { Directory } from "../directory/directory.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Intake } from "../delivery/intake.ts";
import type { StoreRoom } from "../delivery/store-room.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connections, ConnectionStats } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Timers } from "../system/timers.ts";
import type { Tokens } from "../directory/tokens.ts";

/** What the HTTP interface calls. */
export interface Services {
    clock: Clock;
    timers: Timers;
    log: Log;
    store: Pick<Store, "backlog" | "upkeep" | "settings">;
    delivery: Pick<Delivery, "receipt">;
    directory: Directory;
    tokens: Tokens;
    intake: Intake;
    room: Pick<StoreRoom, "check" | "measure">;
    connections: Pick<Connections, "online" | "twins" | "count" | "close" | "notifyAcknowledged"> & {
        stats(): ConnectionStats;
    };
    /** sends one-time codes unless a request names another channel; absent: the answer holds the code */
    channel?: CodeChannel;
    /** whether boards can connect */
    mqttListening(): boolean;
    /** the TLS certificate; undefined: TLS is not offered */
    certificate(): { endsMs: number; state: "valid" | "ends soon" | "ended" } | undefined;
    version: string;
}
