import { Readable } from "node:stream";
import { Aedes } from "aedes";
import type { Client } from "aedes";
import mqttPacket from "mqtt-packet";
import type { Log } from "../log.ts";
import { Facade, type Owner } from "./facade.ts";

// Otherwise it keeps a buffer for each of 65,536 numbers: 9 MB.
(mqttPacket.writeToStream as unknown as { cacheNumbers: boolean }).cacheNumbers = false;

/** A CONNECT of a client whose own was answered: MQTT 3.1.1, clean session, no client id. */
const AGAIN = Buffer.from("\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0", "latin1");

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

/**
 * The persistence that Aedes works on: it keeps nothing. The backlog is the gateway's, no subscription outlives its connection, and
 * messages, wills and QoS 2 do not come here.
 */
const NO_PERSISTENCE = {
    async setup() {}, // Aedes looks whether this is a real async function
    async cleanSubscriptions() {},
    async cleanIncoming() {},
    async delWill() {},
    streamWill: () => [],
    outgoingStream: () => new Readable({ read: end }),
    createRetainedStreamCombi: () => ({ pipe() {} }),
};

function end(this: Readable): void {
    this.push(null);
}

export interface Broker {
    start(): Promise<void>;
    /**
     * Has Aedes take in a client that the gateway has let in. Calls its `greeted` when the CONNACK is written.
     * @param connect the client's CONNECT; undefined: it was answered before, and the client gets no second answer
     */
    serve(owner: Owner, connect?: Buffer): Facade;
    stop(): Promise<void>;
}

/** Aedes as codec: it answers CONNECT, SUBSCRIBE and UNSUBSCRIBE, and writes nothing else. */
export function createBroker(log: Log): Broker {
    let lastId = 0;

    /** Whose packet it is; undefined: of nobody that the gateway has let in. */
    function ownerOf(client: Client | null): Owner | undefined {
        return (client?.conn as Facade | undefined)?.owner;
    }

    const broker = new Aedes({
        id: "toque",
        mq: NO_ROUTER,
        persistence: NO_PERSISTENCE,
        preConnect(client, packet, done) {
            packet.clean = true; // whatever it asks for, there is no session to be present
            delete packet.will;
            packet.keepalive = 0; // Aedes does not see every packet: the gateway watches the silence itself
            // Who replaces whom is decided in front of Aedes, so in here all ids differ.
            packet.clientId = `${++lastId}`;
            done(null, ownerOf(client) !== undefined);
        },
        authorizeSubscribe(client, subscription, done) {
            const { topic, qos } = subscription;
            const peer = ownerOf(client)?.peer;
            const own = topic === peer?.inbox;
            const granted = own && qos < 2;
            const what = own ? "with QoS 2, which is not offered," : "to what is not its own";
            if (!granted) log.warn({ kind: peer?.kind }, `a subscription ${what} was refused`);
            done(null, granted ? subscription : null);
        },
        /** The second lock: nothing is sent by way of Aedes. Pushes are written on their route's own connection, to its own inbox. */
        authorizeForward: () => null,
    });
    // What it would publish of its clients goes nowhere.
    broker.publish = () => {};

    broker.on("clientReady", (client) => {
        const { owner, again } = client.conn as Facade;
        owner?.greeted(again);
        (client.conn as Facade).answered();
    });
    // A client that closed while it was connecting is registered all the same; nobody else would ever take it out again.
    broker.on("client", (client) => {
        if (client.closed) (broker as unknown as { unregisterClient(client: Client): void }).unregisterClient(client);
    });
    broker.on("subscribe", (subscriptions, client) => {
        const peer = ownerOf(client)?.peer;
        const mine = subscriptions.find(({ topic, qos }) => topic === peer?.inbox && qos < 2);
        if (mine !== undefined) peer?.subscribed?.(mine.qos === 0 ? 0 : 1);
        (client.conn as Facade).answered();
    });
    broker.on("unsubscribe", (filters, client) => {
        const peer = ownerOf(client)?.peer;
        if (peer?.inbox !== undefined && filters.includes(peer.inbox)) peer.unsubscribed?.();
        (client.conn as Facade).answered();
    });

    return {
        start: () => broker.listen(),
        serve(owner, connect) {
            const facade = new Facade(owner, connect === undefined);
            facade.client = broker.handle(facade);
            facade.ask(connect ?? AGAIN);
            return facade;
        },
        stop: () => new Promise((resolve) => broker.close(resolve)),
    };
}
