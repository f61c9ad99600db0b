import type { Server } from "node:net";
import { createCalmLog } from "../limits/calm-log.ts";
import type { Directory } from "../directory/directory.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents, Connections } from "../ports/connections.ts";
import type { Route } from "../registration.ts";
import { SYSTEM_TIMERS, type Timers } from "../system/timers.ts";
import type { Tokens } from "../directory/tokens.ts";
import { Admission } from "../limits/admission.ts";
import { createBroker } from "./broker.ts";
import { DevicePeer } from "./device-peer.ts";
import { GuardedStream } from "./guarded-stream.ts";
import { identify, readClaim, type Identified, type Refusal } from "./identify.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "../limits/connection-limits.ts";
import { openListener, type Listener, type ListenOptions } from "./listener.ts";
import { CONNACK } from "./packet-types.ts";
import type { Peer } from "./peer.ts";
import { type Guest, Reception, type Visit } from "./reception.ts";
import { RepeatedRefusals } from "./repeated-refusals.ts";

export interface ConnectionsOptions {
    events: ConnectionEvents;
    directory: Pick<Directory, "authenticate" | "redeem" | "findByRoute">;
    tokens: Pick<Tokens, "authenticateToken">;
    /** those that differ from CONNECTION_LIMITS */
    limits?: Partial<ConnectionLimits>;
    clock: Clock;
    log: Log;
    timers?: Timers;
}

export interface ConnectionStats {
    /** authenticated connections by kind */
    devices: number;
    publishers: number;
    enrolling: number;
    /** connected, without CONNECT yet */
    waiting: number;
    /** since the start, by reason */
    refused: Record<string, number>;
    /** routes that connected all the time, and until when they are refused */
    flapping: { route: Route; untilMs: number }[];
}

export interface GatewayConnections extends Connections {
    listen(options: ListenOptions): Promise<Listener>;
    stats(): ConnectionStats;
    /** Ends listeners and connections, those of this object only. */
    shut(): Promise<void>;
}

interface Holder {
    peer: Peer;
    stream: GuardedStream;
    /** of its CONNECT, in the order of arrival */
    number: number;
}

const SWEEP_MS = 60_000;

/** Nothing is wrong with the client: it may come again later. */
function later(why: string): Refusal {
    return { connack: CONNACK.unavailable, why };
}

/** For the log: chips and publishers' client ids stay out of it. */
function routeOf(peer: Peer): Route | undefined {
    return peer instanceof DevicePeer ? peer.route : undefined;
}

/** The connection layer: who may connect, one connection for each route, and what is written on it. */
export function createConnections(options: ConnectionsOptions): GatewayConnections {
    const { log, clock } = options;
    const timers = options.timers ?? SYSTEM_TIMERS;
    const limits: ConnectionLimits = { ...CONNECTION_LIMITS, ...options.limits };
    const admission = new Admission(limits, timers);
    const calm = createCalmLog(log, timers);
    const broker = createBroker(calm);
    const turnOf = (route: Route) => admission.messages.wait(route);
    const identities = { ...options, turnOf, refusals: new RepeatedRefusals(timers) };
    const reception = new Reception(limits, timers, (visit) => void receive(visit), countRefusal);
    /** the one connection of each route, of each publisher's client id, of each chip that enrols */
    const holders = new Map<string, Holder>();
    /** routes closed in this minute and the one before, and the last CONNECT by then: what was looked up before that holds no more */
    let closedAt = new Map<string, number>();
    let closedBefore = closedAt;
    const counts = { device: 0, publisher: 0, enrolling: 0 };
    const refused = new Map<string, number>();
    const servers: Server[] = [];
    let started: Promise<void> | undefined;
    let unnamed = 0;
    const stopSweep = timers.every(SWEEP_MS, () => {
        admission.sweep();
        calm.flush();
        closedBefore = closedAt;
        closedAt = new Map();
    });

    function countRefusal(why: string, guest?: Guest): void {
        refused.set(why, (refused.get(why) ?? 0) + 1);
        if (guest !== undefined) calm.info({ address: guest.address, why }, "a connection without a CONNECT was ended");
    }

    function refuse(visit: Visit, { connack, why, failed }: Refusal): void {
        if (failed === true) admission.failed(visit.guest.client);
        calm.info({ address: visit.guest.address, why }, "a connection was refused");
        reception.refuse(visit, connack, why);
    }

    async function receive(visit: Visit): Promise<void> {
        try {
            await welcome(visit);
        } catch (error) {
            calm.error({ error }, "a connection could not be taken in");
            visit.guest.raw.destroy();
        }
    }

    async function welcome(visit: Visit): Promise<void> {
        const { client, address, port } = visit.guest;
        const claim = readClaim(visit.request);
        if ("connack" in claim) return refuse(visit, claim);
        const early = admission.beforeLookup(client, claim.knownAs);
        if (early !== undefined) return refuse(visit, later(early));
        const identified = await inTime(identify(claim, { address, port }, identities));
        if ("connack" in identified) return refuse(visit, identified);
        if (identified.ended !== undefined) close(identified.ended.route, "its number was enrolled anew");
        if (visit.socket.destroyed) return;
        if ((closedAt.get(identified.key) ?? closedBefore.get(identified.key) ?? 0) >= visit.number) {
            return refuse(visit, later("its route was closed while it connected"));
        }
        const key = identified.key === "" ? `${++unnamed}` : identified.key;
        const late = admission.afterLookup(client, claim.knownAs, key);
        if (late !== undefined) return refuse(visit, later(late));
        const before = holders.get(key);
        if (before !== undefined && before.number > visit.number) {
            return refuse(visit, later("a later connection of the same came first"));
        }
        if (before !== undefined) {
            // now and then a device's own older connection; all the time: two boards have one secret
            log.info({ kind: before.peer.kind, route: routeOf(before.peer) }, "taken over by a later connection");
            before.stream.destroy();
            ended(key, before);
        }
        enter(visit, key, identified.peer);
    }

    /** A store that cannot answer is the gateway's fault: the client is told to come later. */
    async function inTime(identified: Promise<Identified | Refusal>): Promise<Identified | Refusal> {
        let forget = () => {};
        const late = new Promise<Refusal>((resolve) => {
            forget = timers.after(limits.authenticateMs, () => resolve(later("the store did not answer in time")));
        });
        try {
            return await Promise.race([identified, late]);
        } catch (error) {
            calm.error({ error }, "a connection could not be authenticated");
            return later("the store failed");
        } finally {
            forget();
        }
    }

    function enter(visit: Visit, key: string, peer: Peer): void {
        const { guest, socket, framer, frame, number } = visit;
        const heard = () => peer.heard?.();
        const stream = new GuardedStream(socket, framer, frame, heard, (violation) => {
            countRefusal(violation.message);
            calm.warn(
                { kind: peer.kind, address: guest.address, why: violation.message },
                "a client broke the protocol",
            );
        });
        const holder = { peer, stream, number };
        const sinceMs = timers.nowMs();
        holders.set(key, holder);
        counts[peer.kind]++;
        stream.once("close", () => {
            // a board that moves does nothing wrong, and a publisher may connect for each of its messages
            const blamed = peer.kind === "enrolling" || (peer instanceof DevicePeer && !peer.moved);
            if (blamed && admission.ended(key, timers.nowMs() - sinceMs)) {
                log.warn(
                    { kind: peer.kind, route: routeOf(peer), pauseMs: limits.flappingPauseMs },
                    "it connects all the time: refused",
                );
            }
            ended(key, holder);
        });
        log.info({ kind: peer.kind, route: routeOf(peer), address: guest.address }, "connected");
        broker.serve(stream, peer);
    }

    /** Once for each holder: at its takeover, or when its stream is closed. */
    function ended(key: string, holder: Holder): void {
        if (holders.get(key) !== holder) return;
        holders.delete(key);
        counts[holder.peer.kind]--;
        holder.peer.ended();
        log.info({ kind: holder.peer.kind, route: routeOf(holder.peer) }, "connection ended");
    }

    function deviceOf(route: Route): DevicePeer | undefined {
        const peer = holders.get(route)?.peer;
        return peer instanceof DevicePeer ? peer : undefined;
    }

    function close(route: Route, why: string): void {
        closedAt.set(route, reception.lastNumber);
        const holder = holders.get(route);
        if (holder === undefined || holder.peer.kind !== "device") return;
        log.info({ route, why }, "connection closed by the gateway");
        holder.stream.destroy();
        ended(route, holder);
    }

    return {
        push: (route, sequence, payload) => deviceOf(route)?.push(sequence, payload) ?? false,
        tell: (route, payload) => deviceOf(route)?.tell(payload) ?? false,
        tellOnce: (route, payload) => deviceOf(route)?.tellOnce(payload) ?? Promise.resolve(false),
        close,
        online: (route) => deviceOf(route)?.online ?? false,
        count: () => counts.device,

        async listen(where) {
            started ??= broker.start();
            await started;
            const { listener, server } = await openListener(where, reception, admission, limits.connectMs);
            servers.push(server);
            return listener;
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
        }),

        async shut() {
            stopSweep();
            calm.flush();
            const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
            for (const [key, holder] of [...holders]) {
                holder.stream.destroy();
                ended(key, holder);
            }
            reception.clear();
            if (started !== undefined) await broker.stop();
            await Promise.all(closed);
        },
    };
}
