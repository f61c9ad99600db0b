/** The least that a broker on bare Node does: it answers MQTT, and sends each message on to the topic's subscriber. It checks and keeps nothing. */
import { createServer, type AddressInfo } from "node:net";
import { PacketReader, publishPacket, TYPE } from "../load/packets.ts";
import { TurnSocket } from "../load/turn-socket.ts";

interface Subscriber {
    socket: TurnSocket;
    lastId: number;
}

const subscribers = new Map<string, Subscriber>();
const CONNACK = Buffer.from([0x20, 2, 0, 0]);

const server = createServer((raw) => {
    const socket = new TurnSocket(raw);
    const reader = new PacketReader((first, data, body, end) => {
        const type = first >> 4;
        if (type === TYPE.connect) socket.queue(CONNACK);
        if (type === TYPE.subscribe) {
            subscribers.set(data.toString("latin1", body + 4, end - 1), { socket, lastId: 0 });
            socket.queue(Buffer.from([TYPE.suback << 4, 3, data[body]!, data[body + 1]!, 1]));
        }
        if (type === TYPE.publish) {
            const topicEnd = body + 2 + data.readUInt16BE(body);
            socket.queue(Buffer.from([TYPE.puback << 4, 2, data[topicEnd]!, data[topicEnd + 1]!]));
            const topic = data.toString("latin1", body + 2, topicEnd);
            const subscriber = subscribers.get(topic);
            if (subscriber === undefined) return;
            subscriber.lastId = (subscriber.lastId % 65_535) + 1;
            subscriber.socket.queue(publishPacket(topic, subscriber.lastId, data.subarray(topicEnd + 2, end)));
        }
    });
    raw.on("data", (chunk) => reader.read(chunk));
    raw.on("error", () => raw.destroy());
}).listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
