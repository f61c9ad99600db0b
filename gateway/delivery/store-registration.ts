import { MAX_PACKET_OCTETS, MAX_WINDOW } from "../../shared/push/limits.ts";
import type { HelloFields, OverflowFields } from "../../shared/push/message.ts";
import { applicationFails, type RegistrationFields } from "../../shared/push/registration.ts";
import type { BackoffBase } from "./backoff-base.ts";
import { GatewayError } from "../error.ts";
import type { Clock } from "../clock.ts";
import type { Store } from "../ports/store.ts";
import type { Capabilities, Endpoint, Route } from "../registration.ts";

/** Smallest packet a device may announce: below it no message would fit. */
const MIN_PACKET_OCTETS = 128;

export interface RegistrationTools {
    store: Pick<Store, "contacts">;
    clock: Clock;
    backoffBase: BackoffBase;
}

/** What a stored registration is answered with, and what it changes. */
export interface StoredRegistration {
    capabilities: Capabilities;
    hello: HelloFields;
    overflow: OverflowFields | undefined;
}

/**
 * Stores what a device reports of itself, and settles what it reports as handled. Resolves after the commit.
 * @throws GatewayError unregistered: the route ended meanwhile
 */
export async function storeRegistration(
    { store, clock, backoffBase }: RegistrationTools,
    route: Route,
    peer: Pick<Endpoint, "address" | "port">,
    fields: RegistrationFields,
): Promise<StoredRegistration> {
    const seen = { ...peer, deviceAddress: fields.a === "" ? undefined : fields.a, why: fields.y };
    const capabilities = readCapabilities(fields);
    const { e: epoch, n: sequence } = fields;
    const handled = epoch !== undefined && sequence !== undefined ? { epoch, sequence } : undefined;
    const base = backoffBase.ask();
    const contacted = await store.contacts.record(route, { atMs: clock.nowMs(), seen, capabilities, handled });
    if (contacted === undefined) {
        throw new GatewayError("unregistered", "This registration has ended: enrol the device again.");
    }
    const { waiting, overflow } = contacted;
    const hello = { e: contacted.epoch, c: Math.floor(clock.nowMs() / 1000), w: waiting, d: await base };
    return { capabilities, hello, overflow };
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
