import type { Server } from "node:net";
import { applicationFails } from "../../shared/push/registration.ts";
import type { Clock } from "../clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { Tokens } from "../directory/tokens.ts";
import type { Intake } from "../delivery/intake.ts";
import { GatewayError } from "../error.ts";
import { Admission } from "../limits/admission.ts";
import { CONNECTION_LIMITS, silenceMs, type ConnectionLimits } from "../limits/connection-limits.ts";
import { PublisherRoom } from "../limits/publisher-room.ts";
import { Twins } from "../limits/twins.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents, ConnectionStats, Connections } from "../ports/connections.ts";
import type { Route } from "../registration.ts";
import { SYSTEM_TIMERS, type Timers } from "../system/timers.ts";
import { createBroker } from "./broker.ts";
import { ClientConnection } from "./client-connection.ts";
import { DevicePeer } from "./device-peer.ts";
import { Flushes } from "./flushes.ts";
import { identify, readClaim, type Identified, type Refusal } from "./identify.ts";
import { openListener, type Listener, type ListenOptions } from "./listener.ts";
import { CONNACK } from "./packet-types.ts";
import type { Peer } from "./peer.ts";
import { PublisherPeer } from "./publisher-peer.ts";
import { Reception, type Arrival, type ConnectAttempt } from "./reception.ts";
import { Refusals } from "./refusals.ts";
import { Violation } from "./violation.ts";

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
    const publishers = new PublisherRoom(limits);
    const twins = new Twins(timers);
    const dependencies = { ...options, ...admission.paces, twins, refusals: new Refusals() };
    const reception = new Reception(limits, timers, (attempt) => void receive(attempt), countRefusal);
    /** the one connection of each route, of each publisher's client id, of each chip that enrols */
    const holders = new Map<string, ClientConnection>();
    const host = { timers, broker: createBroker(log), flushes: new Flushes(), failed, closed };
    /** routes closed in this minute and the one before, and the last CONNECT by then: what was looked up before that holds no more */
    let closedAt = new Map<string, number>();
    let closedBefore = closedAt;
    const counts = { device: 0, publisher: 0, enrolling: 0 };
    const refused = new Map<string, number>();
    const opened: { listener: Listener; server: Server }[] = [];
    let started: Promise<void> | undefined;
    const stopSweep = timers.every(SWEEP_MS, () => {
        admission.sweep();
        closedBefore = closedAt;
        closedAt = new Map();
    });
    const stopSilenceSweep = timers.every(SILENCE_SWEEP_MS, () => {
        const nowMs = timers.nowMs();
        for (const holder of holders.values()) {
            const { heardMs, silenceMs, stuckMs = nowMs } = holder;
            if (nowMs - heardMs > silenceMs) end(holder, "nothing came for longer than its keepalive");
            else if (nowMs - stuckMs > DRAIN_MS) end(holder, "it does not read");
        }
    });

    function countRefusal(why: string, arrival?: Arrival): void {
        refused.set(why, (refused.get(why) ?? 0) + 1);
        if (arrival !== undefined) {
            log.info({ address: arrival.address, why }, "a connection without a CONNECT was ended");
        }
    }

    function refuse(attempt: ConnectAttempt, { connack, why, failed }: Refusal): void {
        if (failed === true) admission.failed(attempt.arrival.client);
        log.info({ address: attempt.arrival.address, why }, "a connection was refused");
        reception.refuse(attempt, connack, why);
    }

    async function receive(attempt: ConnectAttempt): Promise<void> {
        try {
            await admit(attempt);
        } catch (error) {
            log.error({ error }, "a connection could not be taken in");
            attempt.arrival.raw.destroy();
        }
    }

    async function admit(attempt: ConnectAttempt): Promise<void> {
        const { arrival, number } = attempt;
        const { client, address, port } = arrival;
        const claim = readClaim(attempt.request);
        if ("connack" in claim) return refuse(attempt, claim);
        const early = admission.beforeLookup(client, claim.knownAs);
        if (early !== undefined) return refuse(attempt, later(early));
        const identified = await inTime(identify(claim, { address, port }, number, dependencies));
        if ("connack" in identified) return refuse(attempt, identified);
        if (identified.ended !== undefined) close(identified.ended.route, "its number was enrolled anew");
        if (attempt.socket.destroyed) return;
        const key = identified.key ?? `#${number}`;
        if ((closedAt.get(key) ?? closedBefore.get(key) ?? 0) >= number) {
            return refuse(attempt, later("its route was closed while it connected"));
        }
        const late = admission.afterLookup(client, claim.knownAs, key);
        if (late !== undefined) return refuse(attempt, later(late));
        const before = holders.get(key);
        if (before !== undefined && before.number > number) {
            return refuse(attempt, later("a later connection of the same came first"));
        }
        // now and then a device's own older connection; all the time: two boards have one secret
        const { peer } = identified;
        if (before !== undefined) {
            end(before, "taken over by a later connection");
            if (peer instanceof DevicePeer) peer.chipBefore = (before.peer as DevicePeer).chip;
        }
        const crowded = peer instanceof PublisherPeer ? publishers.enter(peer.tokenId) : undefined;
        if (crowded !== undefined) return refuse(attempt, later(crowded));
        enter(attempt, key, peer);
    }

    /** A store that cannot answer is the gateway's fault: the client has to come later. What lies in this thread already is an answer in time. */
    function inTime(identified: Promise<Identified | Refusal>): Promise<Identified | Refusal> {
        return new Promise((resolve) => {
            const late = () => setImmediate(resolve, later("the store did not answer in time"));
            const forget = timers.after(limits.authenticateMs, late);
            const answer = (is: Identified | Refusal) => {
                forget();
                resolve(is);
            };
            identified.then(answer, (error: unknown) => {
                log.error({ error }, "a connection could not be authenticated");
                answer(later("the store failed"));
            });
        });
    }

    function enter({ arrival, socket, framer, frame, request, number }: ConnectAttempt, key: string, peer: Peer): void {
        const identity = {
            peer,
            key,
            number,
            address: arrival.address,
            silenceMs: silenceMs(request.keepAliveS, limits),
        };
        const connection = new ClientConnection(socket, framer, identity, host);
        holders.set(key, connection);
        counts[peer.kind]++;
        log.info({ ...nameOf(peer), address: arrival.address }, "connected");
        connection.greet(frame);
    }

    function closed(connection: ClientConnection): void {
        const { peer, key, sinceMs } = connection;
        // a board that moves does nothing wrong, and a publisher may connect for each of its messages
        const blamed = peer.kind === "enrolling" || (peer instanceof DevicePeer && !peer.moved);
        if (blamed && admission.ended(key, timers.nowMs() - sinceMs)) {
            log.warn({ ...nameOf(peer), pauseMs: limits.flappingPauseMs }, "it connects all the time: refused");
        }
        left(connection);
    }

    /** Why a connection ends: the client broke the protocol, its message was refused, or the gateway failed. */
    function failed({ peer, address }: ClientConnection, error: unknown): void {
        const who = { ...nameOf(peer), address };
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
        if (peer instanceof PublisherPeer) publishers.left(peer.tokenId);
        peer.ended();
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
        closedAt.set(route, reception.lastNumber);
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

/** Nothing is wrong with the client: it may come again later. */
function later(why: string): Refusal {
    return { connack: CONNACK.unavailable, why };
}

/** For the log: chips and publishers' client ids stay out of it. */
function nameOf(peer: Peer): { kind: Peer["kind"]; route?: Route; tokenId?: string } {
    if (peer instanceof DevicePeer) return { kind: peer.kind, route: peer.route };
    return peer instanceof PublisherPeer ? { kind: peer.kind, tokenId: peer.tokenId } : { kind: peer.kind };
}
