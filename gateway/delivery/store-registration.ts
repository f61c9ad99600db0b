import { MAX_PACKET_OCTETS, MAX_WINDOW } from "../../shared/push/limits.ts";
import type { HelloFields } from "../../shared/push/message.ts";
import { applicationFails, type RegistrationFields } from "../../shared/push/registration.ts";
import type { BackoffBase } from "./backoff-base.ts";
import { GatewayError } from "../error.ts";
import type { Clock } from "../clock.ts";
import type { Store } from "../ports/store.ts";
import type { Capabilities, Endpoint, Registration, Route } from "../registration.ts";

/** Smallest packet a device may announce: below it no message would fit. */
const MIN_PACKET_OCTETS = 128;

type Peer = Pick<Endpoint, "address" | "port">;
type Contacts = Pick<Store, "registrations" | "contacts" | "backlog">;

/** What a stored registration is answered with, and what it changes. */
export interface StoredRegistration {
    registration: Registration;
    capabilities: Capabilities;
    hello: HelloFields;
}

/**
 * Stores what a device reports of itself, and settles what it reports as handled. Resolves after the commit.
 * @throws GatewayError unregistered: the route ended meanwhile
 */
export async function storeRegistration(
    store: Contacts,
    clock: Clock,
    route: Route,
    peer: Peer,
    fields: RegistrationFields,
    backoffBase: BackoffBase,
): Promise<StoredRegistration> {
    const known = await store.registrations.byRoute(route);
    if (known === undefined) throw ended();
    const atMs = clock.nowMs();
    const endpoint = { ...peer, deviceAddress: fields.a === "" ? undefined : fields.a, why: fields.y };
    const capabilities = readCapabilities(fields);
    const { e: epoch, n: sequence } = fields;
    const handled = epoch !== undefined && sequence !== undefined ? { epoch, sequence } : undefined;
    const contact = { atMs, endpoint: nextEndpoint(known.endpoint, endpoint, atMs), capabilities, handled };
    const registration = await store.contacts.record(route, contact);
    if (registration === undefined) throw ended();
    // The store gives a new epoch when the device has seen more than it ever gave: then the device's sequence means nothing here.
    if (handled !== undefined && handled.epoch === registration.epoch && handled.sequence > 0) {
        await store.backlog.settleUpTo(route, Math.min(handled.sequence, registration.lastSequence), atMs);
    }
    const { messages } = await store.backlog.size(route);
    const d = await backoffBase.ask();
    const hello = { e: registration.epoch, c: Math.floor(clock.nowMs() / 1000), w: messages, d };
    return { registration, capabilities, hello };
}

/** Notes where a client is that does not register: any MQTT client. @returns its registration, unless that has ended */
export async function storeContact(
    store: Contacts,
    clock: Clock,
    route: Route,
    peer: Peer,
): Promise<Registration | undefined> {
    const known = await store.registrations.byRoute(route);
    const atMs = clock.nowMs();
    return store.contacts.record(route, {
        atMs,
        endpoint: nextEndpoint(known?.endpoint, { ...peer, why: "boot" }, atMs),
    });
}

/**
 * `sinceMs` stays when nothing changed but the port, which is another one with each connection. A client that has not registered yet, or
 * never does, names no address of its own: it is known by the other one.
 */
function nextEndpoint(known: Endpoint | undefined, seen: Omit<Endpoint, "sinceMs">, atMs: number): Endpoint {
    if (known?.address !== seen.address) return { ...seen, sinceMs: atMs };
    const { sinceMs, deviceAddress = seen.deviceAddress } = known;
    if (deviceAddress !== (seen.deviceAddress ?? deviceAddress)) return { ...seen, sinceMs: atMs };
    return { ...seen, deviceAddress, why: known.deviceAddress === undefined ? seen.why : known.why, sinceMs };
}

function readCapabilities(fields: RegistrationFields): Capabilities {
    return {
        runtime: fields.r,
        firmware: fields.v,
        packetOctets: Math.min(MAX_PACKET_OCTETS, Math.max(MIN_PACKET_OCTETS, fields.m)),
        window: applicationFails(fields.p) ? 0 : Math.min(MAX_WINDOW, Math.max(1, fields.w)),
        application: fields.p,
        freeOctets: fields.f,
        signalDbm: fields.q,
    };
}

function ended(): GatewayError {
    return new GatewayError("unregistered", "This registration has ended: enrol the device again.");
}
