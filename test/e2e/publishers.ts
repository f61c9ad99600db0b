import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import { pause } from "../support/eventually.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import type { Ledger } from "./ledger.ts";

/** Until the next try. */
const RETRY_MS = 30;
/** A publisher hears nothing for so long: it takes its connection for dead. */
const PATIENCE_MS = 10_000;

interface Accepted {
    id: string;
    sequence: number;
}

/**
 * Publishes by HTTP until it is acknowledged, with an idempotency key: a try whose answer was lost on its way leads to no second message.
 * @returns undefined: `until` was over first
 * @throws Error when the gateway refuses the message itself
 */
export async function publishByHttp(
    gateway: GatewayProcess,
    ledger: Ledger,
    message: { to: string; body: string },
    until: AbortSignal,
): Promise<Accepted | undefined> {
    const key = randomUUID();
    ledger.attempted(message.to, message.body);
    while (!until.aborted) {
        // A connection that breaks is not an answer.
        const answer = await gateway
            .ask<Accepted>("POST", "/v1/messages", { body: message, headers: { "Idempotency-Key": key } })
            .catch(() => undefined);
        if (answer?.status === 202) {
            ledger.acknowledged(message.to, message.body, answer.body.sequence);
            return answer.body;
        }
        if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
            throw new Error(`A message was refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
        }
        await pause(RETRY_MS);
    }
    return undefined;
}

/** One MQTT connection of a publisher. QoS 1 knows no idempotency key, so each try has a body of its own. */
export class PublisherConnection {
    readonly closed: Promise<void>;
    readonly #socket: Socket;
    readonly #waiting = new Map<number, (acknowledged: boolean) => void>();
    readonly #connected: Promise<boolean>;
    #lastId = 0;

    constructor(port: number, token: string) {
        this.#socket = connect({ host: "127.0.0.1", port });
        this.#socket.setNoDelay(true);
        this.#socket.setTimeout(PATIENCE_MS, () => this.#socket.destroy());
        this.#socket.on("error", () => undefined); // "close" follows
        this.closed = new Promise((resolve) => this.#socket.once("close", () => resolve()));
        const parser = mqttPacket.parser({ protocolVersion: 4 });
        parser.on("error", () => this.#socket.destroy());
        this.#socket.on("data", (data) => void parser.parse(data));
        this.#connected = new Promise((resolve) => {
            parser.on("packet", (packet: Packet) => {
                if (packet.cmd === "connack") resolve(packet.returnCode === 0);
                if (packet.cmd === "puback") this.#settle(packet.messageId ?? 0, true);
            });
            void this.closed.then(() => resolve(false));
        });
        void this.closed.then(() => {
            for (const packetId of [...this.#waiting.keys()]) this.#settle(packetId, false);
        });
        const password = Buffer.from(token);
        this.#write({ cmd: "connect", clientId: "", clean: true, keepalive: 60, username: "publisher", password });
    }

    /** Resolves at CONNACK. False: refused, or closed before. */
    get connected(): Promise<boolean> {
        return this.#connected;
    }

    /** Resolves true at PUBACK, false when the connection ended first. */
    publish(to: string, body: string): Promise<boolean> {
        if (this.#socket.destroyed) return Promise.resolve(false);
        const messageId = (this.#lastId % 65_535) + 1;
        this.#lastId = messageId;
        return new Promise((resolve) => {
            this.#waiting.set(messageId, resolve);
            const topic = `to/${to.slice(1)}`;
            this.#write({ cmd: "publish", topic, payload: body, qos: 1, messageId, dup: false, retain: false });
        });
    }

    #settle(packetId: number, acknowledged: boolean): void {
        this.#waiting.get(packetId)?.(acknowledged);
        this.#waiting.delete(packetId);
    }

    #write(packet: Packet): void {
        this.#socket.write(mqttPacket.generate(packet));
    }

    close(): void {
        this.#socket.destroy();
    }
}

/** A publisher by MQTT that connects again whenever its connection is gone. */
export class MqttPublisher {
    readonly #gateway: GatewayProcess;
    readonly #ledger: Ledger;
    #connection: PublisherConnection | undefined;

    constructor(gateway: GatewayProcess, ledger: Ledger) {
        this.#gateway = gateway;
        this.#ledger = ledger;
    }

    /** Publishes until one try is acknowledged; each try is a message of its own, "<body>", "<body> again", … */
    async publish(message: { to: string; body: string }, until: AbortSignal): Promise<boolean> {
        let { body } = message;
        while (!until.aborted) {
            const connection = (this.#connection ??= new PublisherConnection(
                this.#gateway.mqtt.port,
                this.#gateway.token,
            ));
            if (await connection.connected) {
                this.#ledger.attempted(message.to, body);
                if (await connection.publish(message.to, body)) {
                    this.#ledger.acknowledged(message.to, body);
                    return true;
                }
                body += " again";
            }
            this.#connection = undefined;
            connection.close();
            await pause(RETRY_MS);
        }
        return false;
    }

    close(): void {
        this.#connection?.close();
    }
}
