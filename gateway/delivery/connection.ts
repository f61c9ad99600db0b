import type { HelloFields } from "../../shared/push/message.ts";
import type { RegistrationFields } from "../../shared/push/registration.ts";
import type { PushMessage } from "../message.ts";
import type { Store } from "../ports/store.ts";
import type { Endpoint, Route } from "../registration.ts";
import type { BackoffBase } from "./backoff-base.ts";
import type { Overflows } from "./overflows.ts";
import { storeRegistration } from "./store-registration.ts";
import { Window, type WindowTools } from "./window.ts";

/** A client that does not register gets its pushes so long after it subscribed. */
export const PATIENCE_MS = 250;
/** "Last contact" is stored so often: when something is written anyway, and when nothing is. */
const CONTACT_MS = 60_000;
const QUIET_CONTACT_MS = 3_600_000;
/** A device counts on from the hello's clock, by a crystal that drifts: before a push it gets a new hello after so long, */
const CLOCK_MS = 600_000;
/** and when the gateway's own clock was put right by more than this. */
const CLOCK_STEP_MS = 1_500;

export interface ConnectionTools extends WindowTools {
    store: Pick<Store, "contacts" | "backlog">;
    overflows: Overflows;
    backoffBase: BackoffBase;
}

/** One connection of a route: when its window opens, and what goes to the device beside pushes. */
export class BoardConnection {
    readonly window: Window;
    readonly #route: Route;
    readonly #peer: Pick<Endpoint, "address" | "port">;
    readonly #tools: ConnectionTools;
    #subscribed = false;
    #registration: "none" | "storing" | "stored" = "none";
    #storing: Promise<unknown> | undefined;
    /** the answer to its registration, and both our clocks when it was sent last */
    #hello: { fields: HelloFields; sent?: { wallMs: number; atMs: number } } | undefined;
    #patience: (() => void) | undefined;
    #contactMs: number;
    #closed = false;

    constructor(route: Route, peer: Pick<Endpoint, "address" | "port">, tools: ConnectionTools) {
        this.#route = route;
        this.#peer = peer;
        this.#tools = tools;
        this.#contactMs = tools.timers.nowMs();
        this.window = new Window(route, tools);
    }

    /** Resolves when its registration is stored, and what that reports as handled is settled; or when that failed. */
    async stored(): Promise<void> {
        await this.#storing;
    }

    subscribed(): void {
        if (this.#subscribed) return;
        this.#subscribed = true;
        if (this.#registration === "stored") this.#open();
        if (this.#registration !== "none") return; // its hello goes before any push, however long the store takes
        const { store, clock, timers, overflows, background } = this.#tools;
        this.#patience = timers.after(PATIENCE_MS, () => {
            const contact = { atMs: clock.nowMs(), seen: { ...this.#peer, why: "boot" as const } };
            const storing = store.contacts.record(this.#route, contact);
            background(storing.then((contacted) => overflows.recall(this.#route, contacted?.overflow)));
            this.#open();
        });
    }

    /** Resolves after the commit. @throws GatewayError unregistered */
    async registered(fields: RegistrationFields): Promise<void> {
        this.#forgetPatience();
        this.#registration = "storing";
        const { timers, overflows } = this.#tools;
        const storing = storeRegistration(this.#tools, this.#route, this.#peer, fields);
        const stored = storing.catch(() => undefined); // the device gets no PUBACK
        this.#storing = stored;
        const { capabilities, hello, overflow } = await storing;
        if (this.#storing === stored) this.#storing = undefined;
        overflows.recall(this.#route, overflow);
        this.#contactMs = timers.nowMs();
        this.window.size = capabilities.window;
        this.window.packetOctets = capabilities.packetOctets;
        this.#hello = { fields: hello };
        this.#registration = "stored";
        if (this.#subscribed && !this.#closed) this.#open();
    }

    acknowledged(sequence: number): void {
        this.window.acknowledged(sequence);
        this.#storeContactAfter(CONTACT_MS);
    }

    /** @param gone sequences that the message pushed out of the backlog */
    appended(message: PushMessage, gone: number[]): void {
        this.window.removed(gone);
        if (this.#subscribed) {
            this.#sendHello();
            this.#tools.overflows.send(this.#route);
        }
        this.window.appended(message);
    }

    /** To be called every now and then. @returns false: a PUBACK did not come in time */
    sweep(): boolean {
        if (!this.window.sweep()) return false;
        this.#storeContactAfter(QUIET_CONTACT_MS);
        if (this.#subscribed) this.#tools.overflows.send(this.#route);
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
        this.#tools.overflows.send(this.#route);
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
            hello.fields = { ...hello.fields, c: Math.floor(wallMs / 1000), w: undefined, d: backoffBase.known() };
        }
        if (connections().notify(this.#route, Buffer.from(JSON.stringify(hello.fields)))) hello.sent = { wallMs, atMs };
    }

    #storeContactAfter(ms: number): void {
        const { store, clock, timers, background } = this.#tools;
        if (timers.nowMs() - this.#contactMs < ms) return;
        this.#contactMs = timers.nowMs();
        background(store.contacts.record(this.#route, { atMs: clock.nowMs() }));
    }
}
