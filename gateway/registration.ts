import { MAX_PACKET_OCTETS, PACKET_OCTETS, ROUTE_CHARS } from "../shared/push/limits.ts";
import type { OverflowFields } from "../shared/push/message.ts";
import type { ConnectWhy } from "../shared/push/registration.ts";
import type { E164 } from "./number.ts";

/** Opaque 16-character token (base64url of 96 random bits) of one registration: client id, user name, and in its topics' names. */
export type Route = string & { readonly brand: "Route" };

/** Whether text has the form of a route. What has not is not looked up. */
export function isRoute(text: string): text is Route {
    return text.length === ROUTE_CHARS && /^[\w-]+$/.test(text);
}

/** Whether text has the form of a chip's own id: what an enrolling board's client id holds behind "enrol-". */
export function isChip(text: string): boolean {
    return /^[A-Za-z0-9]{1,32}$/.test(text);
}

/** Where a device was seen. The last 20 of a registration are kept. */
export interface Endpoint {
    /** the address and the port the gateway saw */
    address: string;
    port: number;
    /** the address the device reported of its own link */
    deviceAddress?: string;
    sinceMs: number;
    /** why the device connected */
    why: ConnectWhy;
}

/** Where a device is seen now. */
export type Seen = Omit<Endpoint, "sinceMs">;

/**
 * Its endpoint from now on. `sinceMs` stays when nothing changed but the port, which is another one with each connection. A client that has
 * not registered yet, or never does, names no address of its own: it is known by the other one.
 */
export function nextEndpoint(known: Endpoint | undefined, seen: Seen, atMs: number): Endpoint {
    if (known?.address !== seen.address) return { ...seen, sinceMs: atMs };
    const { sinceMs, deviceAddress = seen.deviceAddress } = known;
    if (deviceAddress !== (seen.deviceAddress ?? deviceAddress)) return { ...seen, sinceMs: atMs };
    return { ...seen, deviceAddress, why: known.deviceAddress === undefined ? seen.why : known.why, sinceMs };
}

/** What a device said it can do, at its last registration. */
export interface Capabilities {
    runtime: string;
    firmware: string;
    /** largest whole packet it takes, in octets */
    packetOctets: number;
    /** 0: its application does not run, and pushes wait */
    window: number;
    /** "none", "running", or the first line of its error */
    application?: string;
    freeOctets?: number;
    signalDbm?: number;
}

/** number ↔ route ↔ secret. */
export interface Registration {
    number: E164;
    route: Route;
    label?: string;
    /**
     * SHA-256 of the secret that is in use, and of the one that will replace it as soon as it is used. Hex. A rotation repeated before any
     * new secret was used leaves several, with a space between: nobody knows which of them reached the device's flash.
     */
    secretHash: string;
    nextSecretHash?: string;
    /** enrolled by a code but not yet connected: the same chip may redeem the same code again */
    provisional: boolean;
    createdMs: number;
    /** last contact: a connect, a PUBACK or a PINGREQ written down at most once a minute */
    seenMs?: number;
    /** numbering of the route's sequences; a new one when the device has seen more than the store ever gave */
    epoch: number;
    /** the last sequence given */
    lastSequence: number;
    capabilities?: Capabilities;
    endpoint?: Endpoint;
    /** what was dropped because the backlog was full, and the device was not notified of yet */
    overflow?: OverflowFields;
}

/** What the way of a message needs of a registration. */
export interface Recipient extends Pick<Registration, "number" | "route"> {
    /** largest whole packet that it gets, in octets */
    packetOctets: number;
}

export function recipientOf({ number, route, capabilities }: Registration): Recipient {
    return { number, route, packetOctets: Math.min(capabilities?.packetOctets ?? PACKET_OCTETS, MAX_PACKET_OCTETS) };
}
