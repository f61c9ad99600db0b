import type { HelloFields, OverflowFields } from "../../shared/push/message.ts";
import type { RegistrationFields } from "../../shared/push/registration.ts";
import { GatewayError } from "../error.ts";
import type { PushMessage } from "../message.ts";
import type { Endpoint, Route } from "../registration.ts";
import { readCapabilities } from "./registration-payload.ts";
import type { DeliveryTools } from "./tools.ts";
import { Window } from "./window.ts";

/** A client that does not register gets its pushes so long after it subscribed. */
export const PATIENCE_MS = 250;
/** "Last contact" is stored so often: when something is written anyway, and when nothing is. */
const CONTACT_MS = 60_000;
const QUIET_CONTACT_MS = 3_600_000;
/** A device counts on from the hello's clock, by a crystal that drifts: before a push it gets a new hello after so long, */
const CLOCK_MS = 600_000;
/** and when the gateway's own clock was put right by more than this. */
const CLOCK_STEP_MS = 1_500;

/** One connection of a route: when its window opens, and what goes to the device beside pushes. */
export class BoardConnection {
    readonly window: Window;
    readonly #route: Route;
    readonly #peer: Pick<Endpoint, "address" | "port">;
    readonly #tools: DeliveryTools;
    #subscribed = false;
    #registration: "none" | "storing" | "stored" = "none";
    /** the answer to its registration, and both our clocks when it was sent last */
    #hello: { fields: HelloFields; sent?: { wallMs: number; atMs: number } } | undefined;
    /** what full backlogs dropped and the device was not notified of yet; the store has it, too */
    #overflow: OverflowFields | undefined;
    #patience: (() => void) | undefined;
    #contactMs: number;
    #closed = false;

    constructor(route: Route, peer: Pick<Endpoint, "address" | "port">, tools: DeliveryTools) {
        this.#route = route;
        this.#peer = peer;
        this.#tools = tools;
        this.#contactMs = tools.timers.nowMs();
        this.window = new Window(route, tools);
    }

    subscribed(): void {
        if (this.#subscribed) return;
        this.#subscribed = true;
        if (this.#registration === "stored") this.#open();
        if (this.#registration !== "none") return; // its hello goes before any push, however long the store takes
        const { store, clock, timers, background } = this.#tools;
        this.#patience = timers.after(PATIENCE_MS, () => {
            const contact = { atMs: clock.nowMs(), seen: { ...this.#peer, why: "boot" as const } };
            const storing = store.contacts.record(this.#route, contact);
            background(storing.then((contacted) => (this.#overflow = contacted?.overflow)));
            this.#open();
        });
    }

    /** Resolves after the commit. @throws GatewayError unregistered */
    async registered(fields: RegistrationFields): Promise<void> {
        this.#forgetPatience();
        const again = this.#registration === "stored";
        this.#registration = "storing";
        const { store, clock, timers, backoffBase } = this.#tools;
        const { a: address, y: why, e: epoch, n: sequence } = fields;
        const seen = { ...this.#peer, deviceAddress: address === "" ? undefined : address, why };
        const capabilities = readCapabilities(fields);
        const handled = epoch !== undefined && sequence !== undefined ? { epoch, sequence } : undefined;
        backoffBase(); // so that it has counted when the store answers
        const contact = { atMs: clock.nowMs(), seen, capabilities, handled };
        const contacted = await store.contacts.record(this.#route, contact);
        if (contacted === undefined) {
            throw new GatewayError("unregistered", "This registration has ended: enrol the device again.");
        }
        this.#overflow = contacted.overflow;
        this.#contactMs = timers.nowMs();
        this.window.size = capabilities.window;
        this.window.packetOctets = capabilities.packetOctets;
        const clockS = Math.floor(clock.nowMs() / 1000);
        this.#hello = { fields: { e: contacted.epoch, c: clockS, w: contacted.waiting, d: backoffBase() } };
        this.#registration = "stored";
        if (again) this.window.beginAgain();
        if (this.#subscribed && !this.#closed) this.#open();
    }

    acknowledged(sequence: number): void {
        this.window.acknowledged(sequence);
        this.#storeContactAfter(CONTACT_MS);
    }

    /** @param collapsed @param dropped sequences that the message replaced, and that it pushed out of the backlog */
    appended(message: PushMessage, collapsed: number[], dropped: number[]): void {
        this.window.removed([...collapsed, ...dropped]);
        if (dropped.length > 0) {
            const { o, a, z } = this.#overflow ?? { o: 0, a: Infinity, z: 0 };
            this.#overflow = { o: o + dropped.length, a: Math.min(a, ...dropped), z: Math.max(z, ...dropped) };
        }
        if (this.#subscribed) {
            this.#sendHello();
            this.#sendOverflow();
        }
        this.window.appended(message);
    }

    /** To be called every now and then. @returns false: a PUBACK did not come in time */
    sweep(): boolean {
        if (!this.window.sweep()) return false;
        this.#storeContactAfter(QUIET_CONTACT_MS);
        if (this.#subscribed) this.#sendOverflow();
        return true;
    }

    /** The connection has ended. */
    closed(): void {
        this.stop();
        this.#storeContactAfter(CONTACT_MS);
    }

    /** Sends and stores nothing more. */
    stop(): void {
        this.#closed = true;
        this.#forgetPatience();
        this.window.close();
    }

    /** It is held for as long as the board is connected otherwise, with its timer. */
    #forgetPatience(): void {
        this.#patience?.();
        this.#patience = undefined;
    }

    #open(): void {
        this.#forgetPatience();
        this.#sendHello();
        this.#sendOverflow();
        this.window.open();
    }

    /** Answers a registration; again when the device's clock may be wrong by now: it would take a push for expired. */
    #sendHello(): void {
        const hello = this.#hello;
        if (hello === undefined) return;
        const { clock, timers, connections, backoffBase } = this.#tools;
        const [wallMs, atMs] = [clock.nowMs(), timers.nowMs()];
        if (hello.sent !== undefined) {
            const sinceMs = atMs - hello.sent.atMs;
            if (sinceMs < CLOCK_MS && Math.abs(wallMs - hello.sent.wallMs - sinceMs) < CLOCK_STEP_MS) return;
            hello.fields = { ...hello.fields, c: Math.floor(wallMs / 1000), w: undefined, d: backoffBase() };
        }
        if (connections().notify(this.#route, Buffer.from(JSON.stringify(hello.fields)))) hello.sent = { wallMs, atMs };
    }

    /** When it cannot be written now, it is sent later: on the next connection from the store. */
    #sendOverflow(): void {
        const { store, connections, background } = this.#tools;
        const overflow = this.#overflow;
        if (overflow === undefined || this.#registration === "storing") return;
        if (!connections().notify(this.#route, Buffer.from(JSON.stringify(overflow)))) return;
        this.#overflow = undefined;
        background(store.backlog.clearOverflow(this.#route, overflow));
    }

    #storeContactAfter(ms: number): void {
        const { store, clock, timers, background } = this.#tools;
        if (timers.nowMs() - this.#contactMs < ms) return;
        this.#contactMs = timers.nowMs();
        background(store.contacts.record(this.#route, { atMs: clock.nowMs() }));
    }
}
