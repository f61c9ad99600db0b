import { createEnrolment, draftRegistration, type Enrolled, type Enrolment } from "./enrolment.ts";
import { GatewayError } from "../error.ts";
import { createMutex } from "../system/mutex.ts";
import type { E164 } from "../number.ts";
import type { Clock } from "../clock.ts";
import type { Credentials, RegistrationPage } from "../ports/registrations.ts";
import type { Store } from "../ports/store.ts";
import { isRoute, type Endpoint, type Recipient, type Registration, type Route } from "../registration.ts";
import { hashSecret, newSecret, sameText, systemRandom, type Random } from "./secrets.ts";

/** A device that was not seen for so long is shown as stale; after the second span its registration ends. */
export const STALE_MS = 30 * 86_400_000;
export const EXPIRED_MS = 270 * 86_400_000;

/** New secrets that may be on their way to one device: more than one only when a rotation was not answered. */
const MAX_NEXT_SECRETS = 4;
/** Registrations that one call to the store ends. */
const SWEEP_BATCH = 10;

/** Who has which number. */
export interface Directory extends Enrolment {
    /** Registers a number at an operator's word, without a code. A registration it had is ended; without a label it keeps that one's. */
    register(number: E164, options?: { label?: string; keepBacklog?: boolean }): Promise<Enrolled>;
    /** Whose registration it is, if the secret is its own. The first use of a new secret ends the old one; any use ends "provisional". */
    authenticate(route: string, secret: string): Promise<Credentials | undefined>;
    find(number: E164): Promise<Registration | undefined>;
    findByRoute(route: string): Promise<Registration | undefined>;
    /** A number's registration. @throws GatewayError unknown_number, unregistered */
    registered(number: E164): Promise<Registration>;
    /** Where messages to a number go, if it is known without asking the store. */
    knownRecipient(number: string): Recipient | undefined;
    /** Where messages to a number go. @throws GatewayError unknown_number, unregistered */
    recipient(number: E164): Promise<Recipient>;
    /** What people call a number; undefined: nothing. @throws GatewayError unknown_number, unregistered */
    setLabel(number: E164, label: string | undefined): Promise<void>;
    /** In the order of their numbers. */
    list(page: RegistrationPage): Promise<Registration[]>;
    /** Newest first, 20 at most. */
    endpoints(route: Route): Promise<Endpoint[]>;
    /** Ends a registration and drops its backlog; the caller closes its connection. @throws GatewayError unknown_number, unregistered */
    remove(number: E164): Promise<Registration>;
    /** A new secret, to be sent to the device; the old one works until the new one was used. Undefined: no such route. */
    rotate(route: Route): Promise<string | undefined>;
    /** Whether a device was not seen for 30 days; one that never was counts from its registration. */
    stale(registration: Registration, nowMs: number): boolean;
    /** Ends what was not seen for 270 days, in small batches. @returns what ended, for its connections to be closed */
    sweep(nowMs: number): Promise<Registration[]>;
}

export function createDirectory(options: {
    store: Pick<Store, "registrations" | "recipients" | "contacts" | "codes" | "settings">;
    clock: Clock;
    random?: Random;
}): Directory {
    const { store, clock, random = systemRandom } = options;
    const exclusively = createMutex();

    async function authenticate(route: string, secret: string): Promise<Credentials | undefined> {
        const known = isRoute(route) ? await store.registrations.credentials(route) : undefined;
        if (known === undefined) return undefined;
        const hash = hashSecret(secret);
        const { secretHash } = known;
        if (sameText(hash, secretHash)) return known.provisional ? confirm(known) : known;
        // All of them are compared, whichever fits.
        const fits = nextHashes(known).filter((next) => sameText(hash, next)).length > 0;
        if (!fits) return undefined;
        const change = { secretHash: hash, nextSecretHash: null, provisional: false };
        // Beaten by another connection with the same new secret, or by a new enrolment: look again.
        if (!(await store.registrations.changeCredentials(known.route, secretHash, change)))
            return authenticate(route, secret);
        return { ...known, secretHash: hash, nextSecretHash: undefined, provisional: false };
    }

    /** The device has its secret in its flash and came with it: from now on its code is worth nothing. */
    async function confirm(known: Credentials): Promise<Credentials | undefined> {
        const { route, secretHash } = known;
        if (await store.registrations.changeCredentials(route, secretHash, { provisional: false })) {
            return { ...known, provisional: false };
        }
        const now = await store.registrations.credentials(route);
        return now?.secretHash === secretHash ? now : undefined;
    }

    async function rotate(route: Route): Promise<string | undefined> {
        const registration = await store.registrations.byRoute(route);
        if (registration === undefined) return undefined;
        const secret = newSecret(random);
        const next = [...nextHashes(registration), hashSecret(secret)].slice(-MAX_NEXT_SECRETS).join(" ");
        const changed = await store.registrations.changeCredentials(route, registration.secretHash, {
            nextSecretHash: next,
        });
        return changed ? secret : rotate(route);
    }

    /** Why nothing can be done for a number that nobody has. */
    async function missing(number: E164): Promise<GatewayError> {
        if (await store.registrations.wasRegistered(number)) {
            return new GatewayError(
                "unregistered",
                "This number is not registered any more: its device was removed, or was not seen for 270 days. Enrol a device with it again.",
            );
        }
        return new GatewayError(
            "unknown_number",
            "This number is not registered here: check it, or register it with: toque number add",
        );
    }

    return {
        ...createEnrolment({ store, clock, random }),
        authenticate,
        // Of two at the same moment one would not know of the other's secret, and a device would be left with one that nobody knows.
        rotate: (route) => exclusively(() => rotate(route)),

        async register(number, { label, keepBacklog = false } = {}) {
            const { secret, draft } = draftRegistration(number, clock.nowMs(), random);
            const backlog = keepBacklog ? "keep" : "drop";
            const made = await store.registrations.register({ ...draft, label, provisional: false, backlog });
            return { route: draft.route, secret, ...made };
        },

        find: (number) => store.registrations.byNumber(number),
        findByRoute: async (route) => (isRoute(route) ? store.registrations.byRoute(route) : undefined),
        list: (page) => store.registrations.list(page),
        endpoints: (route) => store.contacts.endpoints(route),

        async registered(number) {
            const registration = await store.registrations.byNumber(number);
            if (registration === undefined) throw await missing(number);
            return registration;
        },

        knownRecipient: (number) => store.recipients.known(number),

        async recipient(number) {
            const recipient = await store.recipients.find(number);
            if (recipient === undefined) throw await missing(number);
            return recipient;
        },

        async setLabel(number, label) {
            if (!(await store.registrations.setLabel(number, label))) throw await missing(number);
        },

        async remove(number) {
            const ended = await store.registrations.unregister(number, clock.nowMs());
            if (ended === undefined) throw await missing(number);
            return ended;
        },

        stale: (registration, nowMs) => nowMs - (registration.seenMs ?? registration.createdMs) > STALE_MS,

        async sweep(nowMs) {
            const ended: Registration[] = [];
            for (;;) {
                const batch = await store.registrations.retire(nowMs - EXPIRED_MS, nowMs, SWEEP_BATCH);
                if (batch.length === 0) return ended;
                ended.push(...batch);
            }
        },
    };
}

function nextHashes({ nextSecretHash }: Credentials): string[] {
    return nextSecretHash === undefined ? [] : nextSecretHash.split(" ");
}
