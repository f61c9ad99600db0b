import type { HelloFields, OverflowFields } from "../../shared/push/message.ts";
import type { RegistrationFields } from "../../shared/push/registration.ts";
import type { BackoffBase } from "./backoff-base.ts";
import { storeContact, storeRegistration } from "./store-registration.ts";
import { boardSender, type Intake } from "./intake.ts";
import { Window } from "./window.ts";
import { isFinal } from "../error.ts";
import type { Clock, ClockStep } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Appended } from "../ports/backlog.ts";
import type { ConnectionEvents, Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import type { Endpoint, Registration, Route } from "../registration.ts";
import { readNack, readPublished, readRead, readSay } from "./board-payloads.ts";
import { SYSTEM_TIMERS, type Timers } from "../system/timers.ts";

/** A client that does not register gets its pushes so long after it subscribed. */
export const PATIENCE_MS = 250;
/** How often PUBACK deadlines are looked at and failed reads are tried again. */
export const SWEEP_MS = 1_000;
/** "Last contact" is written down so often: when there is something to write anyway, and when there is nothing. */
const CONTACT_MS = 60_000;
const QUIET_CONTACT_MS = 3_600_000;
/** A device counts on from the clock that it was told, by a crystal that drifts: before a push it is told again after so long, */
const CLOCK_MS = 600_000;
/** and when the gateway's own clock was put right by more than this. */
const CLOCK_STEP_MS = 1_500;
/** Routes whose overflow is in memory, too, while they are away. */
const MAX_OVERFLOWS = 10_000;

export interface DeliveryOptions {
    store: Pick<Store, "registrations" | "contacts" | "backlog" | "receipts">;
    intake: () => Intake;
    /** asked for at each use, because connections take delivery as an argument */
    connections: () => Connections;
    clock: Clock;
    log: Log;
    timers?: Timers;
    /** what hellos tell as the base of the backoff; without it nothing */
    backoffBase?: BackoffBase;
}

/** The only place that decides when to send. Its state is of connected routes only, bounded for each. */
export interface Delivery extends ConnectionEvents {
    /** To be called by whoever stored a message, after the commit. A `repeated` one is nothing new. */
    appended(appended: Appended): void;
    /** The clock was set, and the store has been told so. */
    clockStepped(step: ClockStep): void;
    /** No sweep and no new push after this; writes under way are waited for. */
    close(): Promise<void>;
}

/** One connection of a route. */
interface Session {
    peer: Pick<Endpoint, "address" | "port">;
    window: Window;
    subscribed: boolean;
    registration: "none" | "storing" | "stored";
    /** Resolves when its registration is stored, and what that says it has handled is settled; or when that failed. */
    stored: Promise<unknown>;
    /** the answer to its registration, and both our clocks when it was told last */
    hello: { fields: HelloFields; told?: { wallMs: number; atMs: number } } | undefined;
    forgetPatience: () => void;
    contactMs: number;
}

export function createDelivery(options: DeliveryOptions): Delivery {
    const { store, connections, clock, log } = options;
    const timers = options.timers ?? SYSTEM_TIMERS;
    const sessions = new Map<Route, Session>();
    /** by route: what is acknowledged and not written down yet; kept over reconnects */
    const settling = new Map<Route, Set<number>>();
    const overflows = new Map<Route, OverflowFields>();
    const writes = new Set<Promise<unknown>>();
    const stopSweep = timers.every(SWEEP_MS, sweep);

    function background(write: Promise<unknown>): void {
        const logged = write.catch((error: unknown) => log.error({ error }, "the store failed; it is tried again"));
        writes.add(logged);
        void logged.finally(() => writes.delete(logged));
    }

    function openWindow(route: Route, session: Session): void {
        session.forgetPatience();
        tellHello(route, session);
        tellOverflow(route);
        session.window.open();
    }

    /** Answers a registration; again when the device's clock may be wrong by now: it would take a push for expired. */
    function tellHello(route: Route, { hello }: Session): void {
        if (hello === undefined) return;
        const [wallMs, atMs] = [clock.nowMs(), timers.nowMs()];
        if (hello.told !== undefined) {
            const sinceMs = atMs - hello.told.atMs;
            if (sinceMs < CLOCK_MS && Math.abs(wallMs - hello.told.wallMs - sinceMs) < CLOCK_STEP_MS) return;
            const d = options.backoffBase?.known();
            hello.fields = { ...hello.fields, c: Math.floor(wallMs / 1000), w: undefined, d };
        }
        if (connections().tell(route, json(hello.fields))) hello.told = { wallMs, atMs };
    }

    function contact(route: Route, session: Session): void {
        session.contactMs = timers.nowMs();
        background(store.contacts.record(route, { atMs: clock.nowMs() }));
    }

    function sweep(): void {
        if (sessions.size > 0) options.backoffBase?.known(); // so that it is no older than a minute when it is told again
        for (const [route, session] of [...sessions]) {
            if (!session.window.sweep()) connections().close(route, "no PUBACK in time");
            else if (timers.nowMs() - session.contactMs >= QUIET_CONTACT_MS) contact(route, session);
            if (session.subscribed && overflows.has(route)) tellOverflow(route);
        }
        for (const [route, sequences] of settling) {
            if (sequences.size === 0 && !sessions.has(route)) settling.delete(route);
        }
    }

    function noteOverflow(route: Route, dropped: number[]): void {
        if (dropped.length === 0) return;
        const known = overflows.get(route) ?? { o: 0, a: Infinity, z: 0 };
        overflows.delete(route);
        overflows.set(route, {
            o: known.o + dropped.length,
            a: Math.min(known.a, ...dropped),
            z: Math.max(known.z, ...dropped),
        });
        if (overflows.size > MAX_OVERFLOWS) overflows.delete(overflows.keys().next().value!);
    }

    function tellOverflow(route: Route): void {
        const overflow = overflows.get(route);
        if (overflow === undefined || !connections().tell(route, json(overflow))) return;
        overflows.delete(route);
        background(store.backlog.clearOverflow(route, overflow));
    }

    /** What was dropped in an earlier life of the gateway is in the store only. */
    function recallOverflow(route: Route, registration: Registration | undefined): void {
        const overflow = registration?.overflow;
        if (overflow !== undefined && !overflows.has(route)) overflows.set(route, overflow);
    }

    async function say(route: Route, saying: "read" | "nack" | "msg", payload: Buffer): Promise<void> {
        const window = sessions.get(route)?.window;
        if (saying === "read") {
            const { n } = readRead(payload);
            await sessions.get(route)?.stored; // of a push that was acknowledged on another connection, in vain, that knows
            await window?.whenOver(n); // a handler may say it before its PUBACK
            await store.receipts.markRead(route, n, clock.nowMs());
        } else if (saying === "nack") {
            const { n, y } = readNack(payload);
            window?.nacked(n);
            await store.backlog.settle(route, n, y === "expired" ? "expired" : "failed", clock.nowMs(), y);
        } else {
            const self = await store.registrations.byRoute(route);
            if (self !== undefined) await options.intake().accept(boardSender(route), readSay(payload, self.number));
        }
    }

    return {
        connected(route, peer) {
            const sequences = settling.get(route) ?? new Set();
            settling.set(route, sequences);
            sessions.set(route, {
                peer,
                window: new Window(route, sequences, { store, connections, clock, timers, background }),
                subscribed: false,
                registration: "none",
                stored: Promise.resolve(),
                hello: undefined,
                forgetPatience: () => {},
                contactMs: timers.nowMs(),
            });
        },

        subscribed(route) {
            const session = sessions.get(route);
            if (session === undefined || session.subscribed) return;
            session.subscribed = true;
            if (session.registration === "stored") openWindow(route, session);
            if (session.registration !== "none") return; // its answer goes before any push, however long the store takes
            session.forgetPatience = timers.after(PATIENCE_MS, () => {
                background(
                    storeContact(store, clock, route, session.peer).then((known) => recallOverflow(route, known)),
                );
                openWindow(route, session);
            });
        },

        async registered(route: Route, fields: RegistrationFields) {
            const session = sessions.get(route);
            if (session === undefined) return;
            session.forgetPatience();
            session.registration = "storing";
            const { peer } = session;
            const storing = storeRegistration(store, clock, route, peer, fields, options.backoffBase);
            session.stored = storing.catch(() => undefined); // whoever registers hears of it
            const { registration, capabilities, hello } = await storing;
            recallOverflow(route, registration);
            session.contactMs = timers.nowMs();
            session.window.size = capabilities.window;
            session.window.packetOctets = capabilities.packetOctets;
            session.hello = { fields: hello };
            session.registration = "stored";
            if (session.subscribed && sessions.get(route) === session) openWindow(route, session);
        },

        acknowledged(route, sequence) {
            const session = sessions.get(route);
            if (session === undefined) return;
            session.window.acknowledged(sequence);
            if (timers.nowMs() - session.contactMs >= CONTACT_MS) contact(route, session);
        },

        async said(route, saying, payload) {
            try {
                await say(route, saying, payload);
            } catch (error) {
                if (!isFinal(error)) throw error;
                // Without PUBACK the device would say it again and again, and nothing behind it.
                log.warn({ route, saying, code: error.code, why: error.message }, "what a device said was dropped");
            }
        },

        closed(route) {
            const session = sessions.get(route);
            if (session === undefined) return;
            sessions.delete(route);
            session.forgetPatience();
            session.window.close();
            if (timers.nowMs() - session.contactMs >= CONTACT_MS) contact(route, session);
        },

        async published(caller, digits, payload) {
            await options.intake().accept(caller, readPublished(digits, payload));
        },

        publisherCame: () => undefined,
        publisherKnows: () => undefined,

        appended({ message, repeated, collapsed, dropped }) {
            if (repeated) return;
            const { route, sequence } = message;
            noteOverflow(
                route,
                dropped.map((gone) => gone.sequence),
            );
            const session = sessions.get(route);
            if (session === undefined) {
                if (message.expiresMs > message.acceptedMs) return;
                background(
                    store.backlog.settle(route, sequence, "expired", clock.nowMs(), "the device was not connected"),
                );
                return;
            }
            session.window.removed([...collapsed, ...dropped].map((gone) => gone.sequence));
            if (session.subscribed) {
                tellHello(route, session);
                tellOverflow(route);
            }
            session.window.appended(message);
        },

        clockStepped(step) {
            for (const { window } of sessions.values()) window.clockStepped(step);
        },

        async close() {
            stopSweep();
            for (const session of sessions.values()) {
                session.forgetPatience();
                session.window.close();
            }
            sessions.clear();
            while (writes.size > 0) await Promise.all(writes);
        },
    };
}

function json(fields: object): Buffer {
    return Buffer.from(JSON.stringify(fields));
}
