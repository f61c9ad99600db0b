import type { Server } from "node:net";
import { applicationFails } from "../../shared/push/registration.ts";
import type { Clock } from "../clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { Tokens } from "../directory/tokens.ts";
import type { Intake } from "../delivery/intake.ts";
import { GatewayError } from "../error.ts";
import { Admission } from "../limits/admission.ts";
import { CONNECTION_LIMITS, silenceMs, type ConnectionLimits } from "../limits/connection-limits.ts";
import { Room } from "../limits/room.ts";
import { Twins } from "../limits/twins.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents, ConnectionStats, Connections } from "../ports/connections.ts";
import type { Route } from "../registration.ts";
import { SYSTEM_TIMERS, type Timers } from "../system/timers.ts";
import { createBroker } from "./broker.ts";
import type { ClientConnection } from "./client-connection.ts";
import { readConnect } from "./connect-packet.ts";
import { DevicePeer } from "./device-peer.ts";
import { Flushes } from "./flushes.ts";
import type { Frame } from "./framer.ts";
import { identify, readClaim } from "./identify.ts";
import { openListener, type Listener, type ListenOptions } from "./listener.ts";
import { CONNACK } from "./packet-types.ts";
import type { Peer } from "./peer.ts";
import { PublisherPeer } from "./publisher-peer.ts";
import { Reception } from "./reception.ts";
import { Refusals } from "./refusals.ts";
import { later, Refused, Violation } from "./violation.ts";

export interface ConnectionsOptions {
    events: ConnectionEvents;
    intake: Pick<Intake, "accept">;
    directory: Pick<Directory, "authenticate" | "redeem" | "findByRoute">;
    tokens: Pick<Tokens, "authenticateToken" | "knownCaller">;
    /** those that differ from CONNECTION_LIMITS */
    limits?: Partial<ConnectionLimits>;
    clock: Clock;
    log: Log;
    timers?: Timers;
}

export interface GatewayConnections extends Connections {
    listen(options: ListenOptions): Promise<Listener>;
    /** Makes every listener listen on another address; connections stay. @throws Error of node:net */
    move(address: string): Promise<void>;
    stats(): ConnectionStats;
    /** Ends listeners and connections, those of this object only. */
    shut(): Promise<void>;
}

const SWEEP_MS = 60_000;
const SILENCE_SWEEP_MS = 1_000;
/** A client that never reads is cut by the PUBACK deadline; this is for one that only pings. */
const DRAIN_MS = 30_000;

/** The connection layer: who may connect, one connection for each route, and what is written on it. */
export function createConnections(options: ConnectionsOptions): GatewayConnections {
    const { log, clock } = options;
    const timers = options.timers ?? SYSTEM_TIMERS;
    const limits: ConnectionLimits = { ...CONNECTION_LIMITS, ...options.limits };
    const admission = new Admission(limits, timers);
    const publishers = new Room({ all: limits.publishers, perKey: limits.publishersPerToken });
    const twins = new Twins(timers);
    const dependencies = { ...options, ...admission.paces, twins, refusals: new Refusals() };
    /** the one connection of each route, of each publisher's client id, of each chip that enrols */
    const holders = new Map<string, ClientConnection>();
    /** what those that are being looked up claim to be */
    const asking = new Map<ClientConnection, string>();
    const host = { timers, broker: createBroker(log), flushes: new Flushes(), came, failed, closed };
    const reception = new Reception(limits, host, countRefusal);
    let connects = 0;
    const counts = { device: 0, publisher: 0, enrolling: 0 };
    const refused = new Map<string, number>();
    const opened: { listener: Listener; server: Server }[] = [];
    let started: Promise<void> | undefined;
    const stopSweep = timers.every(SWEEP_MS, () => admission.sweep());
    const stopSilenceSweep = timers.every(SILENCE_SWEEP_MS, () => {
        const nowMs = timers.nowMs();
        for (const holder of holders.values()) {
            const { heardMs, silenceMs, stuckMs = nowMs } = holder;
            if (nowMs - heardMs > silenceMs) end(holder, "nothing came for longer than its keepalive");
            else if (nowMs - stuckMs > DRAIN_MS) end(holder, "it does not read");
        }
    });

    function countRefusal(why: string, connection?: ClientConnection): void {
        refused.set(why, (refused.get(why) ?? 0) + 1);
        if (connection === undefined) return;
        log.info({ address: connection.from.address, why }, "a connection without a CONNECT was ended");
    }

    function refuse(connection: ClientConnection, { connack, message: why }: Refused): void {
        const { address, client } = connection.from;
        if (connack === CONNACK.badCredentials) admission.failed(client);
        log.info({ address, why }, "a connection was refused");
        countRefusal(why);
        connection.refuse(connack);
    }

    async function came(connection: ClientConnection, first: Frame): Promise<void> {
        reception.came(connection);
        connection.number = ++connects;
        // A store that cannot answer is the gateway's fault: the client has to come later.
        connection.within(limits.authenticateMs, () => refuse(connection, later("the store did not answer in time")));
        await admit(connection, first).finally(() => asking.delete(connection));
    }

    /** @throws Violation, Refused, and what the store throws */
    async function admit(connection: ClientConnection, first: Frame): Promise<void> {
        const { from, number } = connection;
        const request = readConnect(first);
        const claim = readClaim(request);
        const early = admission.beforeLookup(from.client, claim.knownAs);
        if (early !== undefined) throw later(early);
        asking.set(connection, claim.knownAs);
        const identified = await identify(claim, from, number, dependencies);
        if (identified.ended !== undefined) close(identified.ended.route, "its number was enrolled anew");
        if (connection.state !== "asking") return; // refused or closed meanwhile
        const { peer, key = `#${number}` } = identified;
        const late = admission.afterLookup(from.client, claim.knownAs, key);
        if (late !== undefined) throw later(late);
        const before = holders.get(key);
        if (before !== undefined && before.number > number) throw later("a later connection of the same came first");
        // now and then a device's own older connection; all the time: two boards have one secret
        if (before !== undefined) {
            end(before, "taken over by a later connection");
            if (peer instanceof DevicePeer) peer.chipBefore = (before.peer as DevicePeer).chip;
        }
        const crowded = peer instanceof PublisherPeer ? publishers.enter(peer.tokenId) : undefined;
        if (crowded === "key") throw later("too many connections of one token");
        if (crowded === "all") throw later("too many publishers: the other connections are for boards");
        holders.set(key, connection);
        counts[peer.kind]++;
        log.info({ ...nameOf(peer), address: from.address }, "connected");
        connection.letIn(first, peer, key, silenceMs(request.keepAliveS, limits));
    }

    function closed(connection: ClientConnection): void {
        reception.left(connection);
        const { peer, key, sinceMs } = connection;
        if (key === "") return;
        // a board that moves does nothing wrong, and a publisher may connect for each of its messages
        const blamed = peer.kind === "enrolling" || (peer instanceof DevicePeer && !peer.moved);
        if (blamed && admission.ended(key, timers.nowMs() - sinceMs)) {
            log.warn({ ...nameOf(peer), pauseMs: limits.flappingPauseMs }, "it connects all the time: refused");
        }
        left(connection);
    }

    /** Ends or refuses a connection: the client broke the protocol, its CONNECT or message was refused, or the gateway failed. */
    function failed(connection: ClientConnection, error: unknown): void {
        const { key, peer, from } = connection;
        if (key === "") {
            if (error instanceof Violation) return reception.end(connection, error.message);
            if (error instanceof Refused) return refuse(connection, error);
            log.error({ error }, "a connection could not be taken in");
            return refuse(connection, later("the store failed"));
        }
        const who = { ...nameOf(peer), address: from.address };
        if (error instanceof Violation) {
            countRefusal(error.message);
            log.warn({ ...who, why: error.message }, "a client broke the protocol: its connection is closed");
        } else if (error instanceof GatewayError) {
            countRefusal(`a message was refused: ${error.code}`);
            const { code, message: why } = error;
            log.warn({ ...who, code, why }, "a client's message was refused: its connection is closed");
        } else {
            log.error({ ...who, error }, "a client's message could not be stored: its connection is closed");
        }
        connection.destroy();
    }

    function end(holder: ClientConnection, why: string): void {
        log.info({ ...nameOf(holder.peer), why }, "connection closed by the gateway");
        holder.destroy();
        left(holder);
    }

    /** Once for each holder: when the gateway ends it, or when its socket is closed. */
    function left(holder: ClientConnection): void {
        const { key, peer } = holder;
        if (holders.get(key) !== holder) return;
        holders.delete(key);
        counts[peer.kind]--;
        peer.ended?.();
        if (peer instanceof PublisherPeer) publishers.left(peer.tokenId);
        log.info(nameOf(peer), "connection ended");
    }

    function deviceOf(route: Route): DevicePeer | undefined {
        const peer = holders.get(route)?.peer;
        return peer instanceof DevicePeer ? peer : undefined;
    }

    function devices(): DevicePeer[] {
        return [...holders.values()].flatMap(({ peer }) => (peer instanceof DevicePeer ? [peer] : []));
    }

    function close(route: Route, why: string): void {
        twins.forget(route);
        for (const [connection, claimed] of asking) {
            if (claimed === route) refuse(connection, later("its route was closed while it connected"));
        }
        const holder = holders.get(route);
        if (holder?.peer.kind === "device") end(holder, why);
    }

    return {
        push: (route, sequence, payload) => deviceOf(route)?.push(sequence, payload) ?? false,
        notify: (route, payload) => deviceOf(route)?.notify(payload) ?? false,
        notifyAcknowledged: (route, payload) => deviceOf(route)?.notifyAcknowledged(payload) ?? Promise.resolve(false),
        close,
        twins: (route) => twins.of(route),
        online: (route) => deviceOf(route)?.online ?? false,
        count: () => counts.device,

        async listen(where) {
            started ??= host.broker.start();
            await started;
            const one = await openListener(where, reception, admission, limits.connectMs);
            opened.push(one);
            return one.listener;
        },

        async move(address) {
            for (const { listener } of opened) await listener.move(address);
        },

        stats: () => ({
            devices: counts.device,
            publishers: counts.publisher,
            enrolling: counts.enrolling,
            waiting: reception.waiting,
            refused: Object.fromEntries(refused),
            flapping: admission
                .flapping()
                .map(({ key, pauseMs }) => ({ route: key as Route, untilMs: clock.nowMs() + pauseMs })),
            failing: devices().flatMap(({ number, application }) =>
                applicationFails(application) ? [{ number, application }] : [],
            ),
            twins: devices().flatMap(({ number, route }) => {
                const chips = twins.of(route);
                return chips === undefined ? [] : [{ number, chips }];
            }),
        }),

        async shut() {
            stopSweep();
            stopSilenceSweep();
            const closed = opened.map(({ server }) => new Promise((resolve) => server.close(resolve)));
            for (const holder of holders.values()) {
                holder.destroy();
                left(holder);
            }
            reception.clear();
            if (started !== undefined) await host.broker.stop();
            await Promise.all(closed);
        },
    };
}

/** For the log: chips and publishers' client ids stay out of it. */
function nameOf(peer: Peer): { kind: Peer["kind"]; route?: Route; tokenId?: string } {
    if (peer instanceof DevicePeer) return { kind: peer.kind, route: peer.route };
    return peer instanceof PublisherPeer ? { kind: peer.kind, tokenId: peer.tokenId } : { kind: peer.kind };
}
