import type { RegistrationFields } from "../../shared/push/registration.ts";
import type { Publication } from "../message.ts";
import type { Route } from "../registration.ts";
import type { Caller } from "../token.ts";

/** What the connection layer gives delivery. Each call returns at once. */
export interface Connections {
    /** Writes a push, QoS 1, and reports its PUBACK through `ConnectionEvents.acknowledged`. False: no such connection. */
    push(route: Route, sequence: number, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 0. */
    tell(route: Route, payload: Buffer): boolean;
    /** Writes to the inbox, QoS 1, outside the numbering; resolves true at its PUBACK, false when the connection ends first. */
    tellOnce(route: Route, payload: Buffer): Promise<boolean>;
    /** Ends the connection at once. */
    close(route: Route, why: string): void;
    online(route: Route): boolean;
    count(): number;
}

/** What the connection layer reports. It writes the PUBACK of a saying after its promise resolved, and none when it rejected. */
export interface ConnectionEvents {
    /** Authenticated and connected; an older connection of the route is already closed. */
    connected(route: Route, peer: { address: string; port: number }): void;
    /** The inbox is subscribed. */
    subscribed(route: Route): void;
    registered(route: Route, fields: RegistrationFields): Promise<void>;
    acknowledged(route: Route, sequence: number): void;
    /** `read`, `nack` or `msg`, its payload still octets. */
    said(route: Route, saying: "read" | "nack" | "msg", payload: Buffer): Promise<void>;
    closed(route: Route): void;
    /**
     * A publisher with a token pushes to a number, as typed in its topic.
     * @param publication absent: a repetition of it cannot be known
     * @throws GatewayError: the connection is closed, without PUBACK
     */
    published(caller: Caller, to: string, payload: Buffer, publication?: Publication): Promise<void>;
    /** A publisher is connected: to be told before what it publishes. */
    publisherCame(publisher: string): void;
    /** A publisher was heard so long after the PUBACKs of what it published before then that it has them. */
    publisherKnows(publisher: string, untilMs: number): void;
}
