import { Aedes } from "aedes";
import type { Client } from "aedes";
import mqttPacket from "mqtt-packet";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";
import type { GuardedStream } from "./guarded-stream.ts";
import type { Link, Peer, Sign } from "./peer.ts";
import { Persistence } from "./persistence.ts";

/** A client that never reads is cut by the PUBACK deadline; this is for one that only pings. */
const DRAIN_MS = 30_000;

// Otherwise it keeps a buffer for each of 65,536 numbers: 9 MB.
(mqttPacket.writeToStream as unknown as { cacheNumbers: boolean }).cacheNumbers = false;

const PUBLISH = { cmd: "publish", retain: false, dup: false } as const;

/**
 * Aedes' router, taken out: no client's subscription is ever entered anywhere, so nothing can reach a client by way of topics, and no
 * `$SYS` message exists. Pushes go straight to their client.
 */
const NO_ROUTER = {
    on: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
    removeListener: (_topic: string, _listener: unknown, done?: () => void) => done?.(),
    emit: (_packet: unknown, done?: () => void) => done?.(),
    close: (done?: () => void) => done?.(),
};

export interface Broker {
    start(): Promise<void>;
    /** Serves an authenticated client whose CONNECT waits in the stream. */
    serve(stream: GuardedStream, peer: Peer): void;
    stop(): Promise<void>;
}

/** Aedes as codec and connection keeper: it answers what MQTT demands, and asks the client's peer about everything else. */
export function createBroker(log: Log): Broker {
    /** Whom the gateway has let in. Aedes is not asked to authenticate; a stream that is not in here gets nowhere. */
    const peers = new WeakMap<object, Peer>();
    let lastId = 0;

    function peerOf(client: Client | null): Peer | undefined {
        return client === null ? undefined : peers.get(client.conn);
    }

    const broker = new Aedes({
        id: "toque",
        mq: NO_ROUTER,
        persistence: new Persistence({
            written: (client, packetId, packet) => peerOf(client)?.written(packetId, packet),
            acknowledged: (client, packetId) => peerOf(client)?.acknowledged(packetId),
        }),
        drainTimeout: DRAIN_MS,
        preConnect(client, packet, done) {
            // Which message was acknowledged is told for sessions that are not clean only. Nothing is stored for either.
            packet.clean = false;
            delete packet.will;
            // Who replaces whom is decided in front of Aedes, so in here all ids differ.
            packet.clientId = `${++lastId}`;
            done(null, peerOf(client) !== undefined);
        },
        authenticate(client, _userName, _password, done) {
            done(null, peerOf(client) !== undefined);
        },
        authorizePublish(client, packet, done) {
            const peer = peerOf(client);
            const refused = packet.retain || packet.qos === 2;
            const work = refused ? undefined : peer?.publishes(packet.topic, buffer(packet), signOf(packet));
            if (peer === undefined || client === null || work === undefined) {
                const why =
                    peer?.kind === "publisher" ? "an API token publishes to to/<digits of a number>" : undefined;
                log.warn({ kind: peer?.kind, why }, "a client published where it may not: its connection is closed");
                return done(new Error("not allowed"));
            }
            (client.conn as GuardedStream).answer(work, (error) => {
                if (error)
                    log.warn(
                        { kind: peer.kind, ...reason(error) },
                        "what a client said was not taken: its connection is closed",
                    );
                done(error);
            });
        },
        authorizeSubscribe(client, subscription, done) {
            const { topic, qos } = subscription;
            const peer = peerOf(client);
            const own = topic === peer?.inbox;
            const granted = own && qos < 2;
            const what = own ? "with QoS 2, which is not offered," : "to what is not its own";
            if (!granted) log.warn({ kind: peer?.kind }, `a subscription ${what} was refused`);
            done(null, granted ? subscription : null);
        },
        /** The second lock: whatever made a packet come here, a client gets its own inbox's only. */
        authorizeForward(client, packet) {
            return packet.topic === peerOf(client)?.inbox ? packet : null;
        },
    });

    function linkOf(client: Client, stream: GuardedStream): Link {
        return {
            write(topic, payload, qos, mark, done) {
                client.publish({ ...PUBLISH, topic, payload, qos, ...mark }, () => done?.());
            },
            get backedUp() {
                return stream.backedUp;
            },
            set maxOctets(octets: number) {
                stream.maxOctets = octets;
            },
            close(why) {
                log.info({ kind: peerOf(client)?.kind, why }, "connection closed by the gateway");
                stream.destroy();
            },
        };
    }

    broker.on("clientReady", (client) => {
        const stream = client.conn as GuardedStream;
        if (stream.destroyed) return;
        peerOf(client)?.ready(linkOf(client, stream));
        stream.open();
    });
    // A client that closed while it was connecting is registered all the same; nobody else would ever take it out again.
    broker.on("client", (client) => {
        if (client.closed) (broker as unknown as { unregisterClient(client: Client): void }).unregisterClient(client);
    });
    broker.on("subscribe", (subscriptions, client) => {
        const peer = peerOf(client);
        const mine = subscriptions.find(({ topic, qos }) => topic === peer?.inbox && qos < 2);
        if (mine !== undefined && !client.closed) peer?.subscribed(mine.qos === 0 ? 0 : 1);
    });
    broker.on("unsubscribe", (filters, client) => {
        const peer = peerOf(client);
        if (peer?.inbox !== undefined && filters.includes(peer.inbox)) peer.unsubscribed();
    });

    return {
        start: () => broker.listen(),
        serve(stream, peer) {
            peers.set(stream, peer);
            broker.handle(stream);
        },
        stop: () => new Promise((resolve) => broker.close(resolve)),
    };
}

/** A refusal is no fault of ours: where it was thrown is of no interest. */
function reason(error: Error): Record<string, unknown> {
    return error instanceof GatewayError ? { code: error.code, why: error.message } : { error };
}

function signOf({ qos, dup, messageId }: { qos: number; dup: boolean; messageId?: number }): Sign | undefined {
    return qos === 1 && messageId !== undefined ? { packetId: messageId, dup } : undefined;
}

function buffer(packet: { payload: string | Buffer }): Buffer {
    return typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
}
