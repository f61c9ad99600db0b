import type { BackoffBase } from "../../../gateway/delivery/backoff-base.ts";
import { createDelivery, type Delivery } from "../../../gateway/delivery/delivery.ts";
import { createDirectory, type Directory } from "../../../gateway/directory/directory.ts";
import type { Draft } from "../../../gateway/message.ts";
import type { E164 } from "../../../gateway/number.ts";
import type { Appended } from "../../../gateway/ports/backlog.ts";
import type { Connections } from "../../../gateway/ports/connections.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { createIntake } from "../../../gateway/delivery/intake.ts";
import { MESSAGE_SHARES, Shares } from "../../../gateway/limits/shares.ts";
import { Throttle } from "../../../gateway/limits/throttle.ts";
import { createQueue } from "../../../gateway/delivery/queue.ts";
import type { Route } from "../../../gateway/registration.ts";
import type { RegistrationFields } from "../../../shared/push/registration.ts";
import { make, open, remove } from "../../support/embedded-store.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { START_MS } from "../../support/records.ts";

export const NUMBER = "+34600111222" as E164;
export const OTHER = "+34600111333" as E164;

/** What a device registers with. */
export const BOOT: RegistrationFields = { r: "host", v: "1", a: "10.0.0.7", y: "boot", m: 1024, w: 1 };

/** Delivery on a real store, its connections noted down as lines: "push 1 body", "tell {…}", "close why". */
export interface Desk {
    store: Store;
    directory: Directory;
    readonly delivery: Delivery;
    timers: HandTimers;
    readonly route: Route;
    /** what was written to the device's connection */
    lines: string[];
    logged: string[];
    /** what the connection answers: whether it takes what is written */
    takes: { push: boolean; tell: boolean };
    send(body: string, draft?: Partial<Draft>): Promise<Appended>;
    /** A device that connects, subscribes and registers. */
    comes(fields?: Partial<RegistrationFields>): Promise<void>;
    /** PUBACK */
    acknowledges(...sequences: number[]): void;
    /** Resolves when there are so many lines; fails after 5 s. */
    until(count: number): Promise<string[]>;
    /** Resolves when the store has done what was asked of it so far, and whatever followed from that. */
    settled(): Promise<void>;
    /** states of a message's history */
    states(id: string): Promise<string[]>;
    /** Another delivery on the same store: as after a restart of the gateway, with nothing in memory. */
    restart(): Promise<void>;
    /** Registers the number anew: another route, an empty backlog, no line yet. Quicker than another store. */
    renew(): Promise<void>;
    close(): Promise<void>;
}

/** @param wrap what delivery sees instead of the store itself @param backoffBase without it no base is told */
export async function openDesk(
    wrap: (store: Store) => Store = (store) => store,
    backoffBase?: BackoffBase,
): Promise<Desk> {
    const dir = make();
    const store = await open(dir);
    const timers = new HandTimers(START_MS);
    const { clock } = timers;
    const lines: string[] = [];
    const logged: string[] = [];
    const takes = { push: true, tell: true };
    const seen = wrap(store);
    const queue = createQueue({ store: seen, clock });
    const directory = createDirectory({ store, clock });
    let { route } = await directory.register(NUMBER);
    const note = (line: string, taken = true) => {
        if (taken) lines.push(line);
        return taken;
    };
    const connections: Connections = {
        push(_route, sequence, payload) {
            const fields = JSON.parse(payload.toString()) as { n: number; b: string };
            if (fields.n !== sequence) throw new Error("a payload with another sequence");
            return note(`push ${sequence} ${fields.b}`, takes.push);
        },
        tell: (_route, payload) => note(`tell ${payload.toString()}`, takes.tell),
        tellOnce: async () => false,
        close(gone, why) {
            note(`close ${why}`);
            delivery.closed(gone);
        },
        online: () => true,
        count: () => 1,
    };
    const log = (fields: Record<string, unknown>, message: string) =>
        void logged.push(`${message} ${JSON.stringify(fields)}`);
    const begin = (): Delivery =>
        createDelivery({
            store: seen,
            intake: () => intake,
            connections: () => connections,
            clock,
            log: { info: log, warn: log, error: log },
            timers,
            backoffBase,
        });
    let delivery = begin();
    const intake = createIntake({
        directory,
        queue,
        shares: new Shares(MESSAGE_SHARES),
        throttle: new Throttle(timers),
        notify: (appended) => delivery.appended(appended),
    });

    return {
        store,
        directory,
        get delivery() {
            return delivery;
        },
        timers,
        get route() {
            return route;
        },
        lines,
        logged,
        takes,
        async send(body, draft = {}) {
            const registration = await directory.recipient(draft.to ?? NUMBER);
            const appended = await queue.append(registration, { to: NUMBER, body, ...draft }, "t1");
            delivery.appended(appended);
            return appended;
        },
        async comes(fields = {}) {
            delivery.connected(route, { address: "127.0.0.1", port: 40_000 });
            delivery.subscribed(route);
            await delivery.registered(route, { ...BOOT, ...fields });
        },
        acknowledges(...sequences) {
            for (const sequence of sequences) delivery.acknowledged(route, sequence);
        },
        async until(count) {
            const deadlineMs = performance.now() + 5_000;
            while (lines.length < count) {
                if (performance.now() > deadlineMs) throw new Error(`only ${JSON.stringify(lines)}`);
                await new Promise((resolve) => setImmediate(resolve));
            }
            return lines;
        },
        async settled() {
            for (let round = 0; round < 5; round++) {
                await store.settings.get("anything"); // answered after all that was asked before
                await new Promise((resolve) => setImmediate(resolve));
            }
        },
        async states(id) {
            return ((await store.receipts.find(id))?.history ?? []).map(({ state }) => state);
        },
        async restart() {
            await delivery.close();
            delivery = begin();
        },
        async renew() {
            delivery.closed(route);
            ({ route } = await directory.register(NUMBER));
            lines.length = 0;
            logged.length = 0;
        },
        async close() {
            await delivery.close();
            await store.close();
            remove(dir);
        },
    };
}
