import type { CodeChannel } from "../directory/code-channel.ts";
import type { Directory } from "../directory/directory.ts";
import type { Intake } from "../delivery/intake.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Route } from "../registration.ts";
import type { Timers } from "../system/timers.ts";
import type { Tokens } from "../directory/tokens.ts";

/** Counts of the MQTT side. */
export interface ConnectionReport {
    devices: number;
    publishers: number;
    enrolling: number;
    /** connected, but not authenticated yet */
    waiting: number;
    /** refused connections since the start, by reason */
    refused: Record<string, number>;
    /** routes that connect too often, and until when they are refused */
    flapping: { route: Route; untilMs: number }[];
}

/** What the HTTP interface calls. */
export interface Services {
    clock: Clock;
    timers: Timers;
    log: Log;
    store: Pick<Store, "receipts" | "backlog" | "upkeep" | "settings">;
    directory: Directory;
    tokens: Tokens;
    intake: Intake;
    connections: Pick<Connections, "online" | "count" | "close" | "tellOnce"> & { stats(): ConnectionReport };
    /** sends one-time codes unless a request names another channel; absent: the answer holds the code */
    channel?: CodeChannel;
    /** whether boards can connect */
    mqttListening(): boolean;
    version: string;
}
