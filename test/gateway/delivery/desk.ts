import { DevicePeer } from "../../../gateway/aedes/device-peer.ts";
import type { BackoffBase } from "../../../gateway/delivery/backoff-base.ts";
import type { Delivery } from "../../../gateway/delivery/delivery.ts";
import { createDomain } from "../../../gateway/delivery/domain.ts";
import type { Intake } from "../../../gateway/delivery/intake.ts";
import type { Directory } from "../../../gateway/directory/directory.ts";
import type { Draft } from "../../../gateway/message.ts";
import type { E164 } from "../../../gateway/number.ts";
import type { Appended } from "../../../gateway/ports/backlog.ts";
import type { Connections } from "../../../gateway/ports/connections.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import type { Route } from "../../../gateway/registration.ts";
import type { Caller } from "../../../gateway/token.ts";
import type { RegistrationFields } from "../../../shared/push/registration.ts";
import { outTopic, type OutgoingTopic } from "../../../shared/push/topics.ts";
import { make, open, remove } from "../../support/embedded-store.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { START_MS } from "../../support/records.ts";

export const NUMBER = "+34600111222" as E164;
export const OTHER = "+34600111333" as E164;

/** Who sends what `Desk.send` sends. */
export const SENDER: Caller = { id: "t1", role: "admin", pattern: "*" };

/** What a device registers with. */
export const BOOT: RegistrationFields = { r: "host", v: "1", a: "10.0.0.7", y: "boot", m: 1024, w: 1 };

const ADDRESS = { address: "127.0.0.1", port: 40_000 };

/** Intake and delivery on a real store, their connections noted down as lines: "push 1 body", "notify {…}", "close why". */
export interface Desk {
    store: Store;
    directory: Directory;
    readonly intake: Intake;
    readonly delivery: Delivery;
    timers: HandTimers;
    readonly route: Route;
    /** what was written to the device's connection */
    lines: string[];
    logged: string[];
    /** what the connection answers: whether it takes what is written */
    takes: { push: boolean; notify: boolean };
    send(body: string, draft?: Partial<Draft>): Promise<Appended>;
    /** A device that connects, subscribes and registers. */
    comes(fields?: Partial<RegistrationFields>): Promise<void>;
    /** The device publishes to one of its out topics. Resolves when it would get its PUBACK. */
    publishes(name: OutgoingTopic, payload: object | Buffer): Promise<void>;
    /** PUBACK */
    acknowledges(...sequences: number[]): void;
    /** Resolves when there are so many lines; fails after 5 s. */
    until(count: number): Promise<string[]>;
    /** Resolves when the store has done what was asked of it so far, and what followed from that. */
    settled(): Promise<void>;
    /** states of a message's history */
    states(id: string): Promise<string[]>;
    /** Another delivery on the same store: as after a restart of the gateway, with nothing in memory. */
    restart(): Promise<void>;
    /** Registers the number anew: another route, an empty backlog, no line yet. Quicker than another store. */
    renew(): Promise<void>;
    close(): Promise<void>;
}

/** @param wrap what intake and delivery see instead of the store itself @param backoffBase instead of the one that counts boards */
export async function openDesk(
    wrap: (store: Store) => Store = (store) => store,
    backoffBase?: BackoffBase,
): Promise<Desk> {
    const dir = make();
    const store = await open(dir);
    const timers = new HandTimers(START_MS);
    const lines: string[] = [];
    const logged: string[] = [];
    const takes = { push: true, notify: true };
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
        notify: (_route, payload) => note(`notify ${payload.toString()}`, takes.notify),
        notifyAcknowledged: async () => false,
        close(gone, why) {
            note(`close ${why}`);
            domain.delivery.closed(gone);
        },
        online: () => true,
        twins: () => undefined,
        count: () => 1,
    };
    const line = (fields: Record<string, unknown>, message: string) =>
        void logged.push(`${message} ${JSON.stringify(fields)}`);
    const log = { info: line, warn: line, error: line };
    const seen = wrap(store);
    const begin = () =>
        createDomain({ store: seen, connections: () => connections, clock: timers.clock, log, timers, backoffBase });
    let domain = begin();
    const { directory } = createDomain({ store, connections: () => connections, clock: timers.clock, log, timers });
    let { route } = await directory.register(NUMBER);

    return {
        store,
        directory,
        get intake() {
            return domain.intake;
        },
        get delivery() {
            return domain.delivery;
        },
        timers,
        get route() {
            return route;
        },
        lines,
        logged,
        takes,
        send: (body, draft = {}) => domain.intake.accept(SENDER, { to: NUMBER, body, ...draft }),
        async comes(fields = {}) {
            domain.delivery.connected(route, ADDRESS);
            domain.delivery.subscribed(route);
            await domain.delivery.registered(route, { ...BOOT, ...fields });
        },
        publishes(name, payload) {
            const dependencies = {
                events: domain.delivery,
                intake: domain.intake,
                messages: { wait: async () => true },
                twins: { turn: () => undefined },
                reports: { wait: async () => true },
            };
            const peer = new DevicePeer({ route, number: NUMBER }, ADDRESS, { ...dependencies, log });
            const octets = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
            const topic = outTopic(route, name);
            return peer.publishes({ topic, qos: 1, packetId: 1, payload: octets });
        },
        acknowledges(...sequences) {
            for (const sequence of sequences) domain.delivery.acknowledged(route, sequence);
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
            return ((await domain.delivery.receipt(id))?.history ?? []).map(({ state }) => state);
        },
        async restart() {
            await domain.delivery.close();
            domain = begin();
        },
        async renew() {
            domain.delivery.closed(route);
            ({ route } = await directory.register(NUMBER));
            lines.length = 0;
            logged.length = 0;
        },
        async close() {
            await domain.delivery.close();
            await store.close();
            remove(dir);
        },
    };
}
