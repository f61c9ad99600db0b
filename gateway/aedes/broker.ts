import { Aedes } from "aedes";
import type { Client } from "aedes";
import mqttPacket from "mqtt-packet";
import type { Log } from "../log.ts";
import type { GuardedStream } from "./guarded-stream.ts";
import type { ClientConnection, Peer } from "./peer.ts";
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

/** Aedes as codec and connection keeper: it answers CONNECT, SUBSCRIBE, UNSUBSCRIBE and PINGREQ, and writes what goes to clients. */
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
            // Aedes reports which message a PUBACK is for only when the session is persistent. Nothing is stored for either.
            packet.clean = false;
            delete packet.will;
            packet.keepalive = 0; // Aedes does not see every packet: the gateway watches the silence itself
            // Who replaces whom is decided in front of Aedes, so in here all ids differ.
            packet.clientId = `${++lastId}`;
            done(null, peerOf(client) !== undefined);
        },
        authenticate(client, _userName, _password, done) {
            done(null, peerOf(client) !== undefined);
        },
        /** A client's PUBLISH never comes here: its stream hands it to the peer. */
        authorizePublish(_client, _packet, done) {
            done(new Error("not allowed"));
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

    function connectionOf(client: Client, stream: GuardedStream): ClientConnection {
        return {
            write(topic, payload, qos, mark, done) {
                client.publish({ ...PUBLISH, topic, payload, qos, ...mark }, () => done?.());
            },
            get backedUp() {
                return stream.backedUp;
            },
            limitPackets: (maxOctets, longer) => stream.limitPackets(maxOctets, longer),
        };
    }

    broker.on("clientReady", (client) => {
        const stream = client.conn as GuardedStream;
        if (stream.destroyed) return;
        peerOf(client)?.ready(connectionOf(client, stream));
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
