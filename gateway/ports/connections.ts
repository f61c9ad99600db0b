import type { RegistrationFields } from "../../shared/push/registration.ts";
import type { E164 } from "../number.ts";
import type { Route } from "../registration.ts";

/** What the connection layer gives delivery. Each call returns at once. */
export interface Connections {
    /** Writes a push, QoS 1, and reports its PUBACK through `ConnectionEvents.acknowledged`. False: no such connection. */
    push(route: Route, sequence: number, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 0. False: no such connection, or it does not read. */
    notify(route: Route, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 1, outside the numbering. Resolves true at its PUBACK, false when the connection ends first. */
    notifyAcknowledged(route: Route, payload: Buffer): Promise<boolean>;
    /** Ends the connection at once. */
    close(route: Route, why: string): void;
    online(route: Route): boolean;
    /** The chips that take turns on the route, because they have one secret; undefined: none do. */
    twins(route: Route): string[] | undefined;
    count(): number;
}

export interface ConnectionStats {
    /** authenticated connections by kind */
    devices: number;
    publishers: number;
    enrolling: number;
    /** connected, but not authenticated yet */
    waiting: number;
    /** connections refused or ended since the start, by reason */
    refused: Record<string, number>;
    /** routes that connect too often, and until when they are refused */
    flapping: { route: Route; untilMs: number }[];
    /** connected boards whose application does not run, and the first line of its error */
    failing: { number: E164; application: string }[];
    /** connected boards that have one secret with another, and the chips of these that take turns */
    twins: { number: E164; chips: string[] }[];
}

/** What the connection layer reports of devices. */
export interface ConnectionEvents {
    /** Authenticated and connected; an older connection of the route is already closed. */
    connected(route: Route, peer: { address: string; port: number }): void;
    /** The inbox is subscribed. */
    subscribed(route: Route): void;
    /** The device registers. Its PUBACK is written when this resolves, and none when it rejects. */
    registered(route: Route, fields: RegistrationFields): Promise<void>;
    acknowledged(route: Route, sequence: number): void;
    /** The device reports on a push, in octets of JSON. Its PUBACK is written when this resolves. @throws GatewayError invalid_request */
    reported(route: Route, report: "read" | "nack", payload: Buffer): Promise<void>;
    closed(route: Route): void;
}
