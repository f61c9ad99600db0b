import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import { pause } from "../support/eventually.ts";
import type { ErrorBody } from "../support/gateway-client.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import type { Ledger } from "./ledger.ts";

/** Until the second try; each later one takes twice as long, up to the last. */
const RETRY_MS = 30;
const LAST_RETRY_MS = 240;
/** A publisher hears nothing for so long: it takes its connection for dead. */
const PATIENCE_MS = 10_000;

interface Accepted {
    id: string;
    sequence: number;
}

/** A message to one number, or the same to many. */
export interface Sent {
    to: readonly string[];
    body: string;
}

/**
 * Publishes by HTTP until all is acknowledged, with an idempotency key: a try whose answer was lost on its way leads to no second message.
 * @returns false: `until` was over first
 * @throws Error when the gateway refuses the message itself
 */
export async function publishByHttp(
    gateway: GatewayProcess,
    ledger: Ledger,
    { to, body }: Sent,
    until: AbortSignal,
): Promise<boolean> {
    const headers = { "Idempotency-Key": randomUUID() };
    for (const number of to) ledger.attempted(number, body);
    const ask = { body: { to: to.length === 1 ? to[0] : to, body }, headers };
    const left = new Set(to);
    for (let retryMs = RETRY_MS; !until.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
        // A connection that breaks is not an answer.
        const answer = await gateway.ask<unknown>("POST", "/v1/messages", ask).catch(() => undefined);
        if (answer?.status === 202) {
            for (const result of resultsOf(answer.body, to)) {
                if ("error" in result) refuseUnlessPassing(result.error.code, result);
                else if (left.delete(result.to)) ledger.acknowledged(result.to, body, result.sequence);
            }
            if (left.size === 0) return true;
        } else if (answer !== undefined) {
            refuseUnlessPassing((answer.body as ErrorBody).error.code, answer.body);
        }
        await pause(retryMs);
    }
    return false;
}

type Result = (Accepted & { to: string }) | ({ to: string } & ErrorBody);

/** Of an answer to one number, or to many: then in their order. */
function resultsOf(body: unknown, to: readonly string[]): Result[] {
    if (to.length === 1) return [body as Accepted & { to: string }];
    const { results } = body as { results: Result[] };
    if (results.length !== to.length || results.some((result, index) => result.to !== to[index]))
        throw new Error(`Another list of results than of numbers: ${JSON.stringify(body)}`);
    return results;
}

/** @throws Error unless the same message may be accepted later */
function refuseUnlessPassing(code: string, answer: unknown): void {
    if (!["unavailable", "too_many", "internal"].includes(code))
        throw new Error(`A message was refused: ${JSON.stringify(answer)}`);
}

/** One MQTT connection of a publisher. */
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
    publish(to: string, payload: string): Promise<boolean> {
        if (this.#socket.destroyed) return Promise.resolve(false);
        const messageId = (this.#lastId % 65_535) + 1;
        this.#lastId = messageId;
        return new Promise((resolve) => {
            this.#waiting.set(messageId, resolve);
            const topic = `to/${to.slice(1)}`;
            this.#write({ cmd: "publish", topic, payload, qos: 1, messageId, dup: false, retain: false });
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

    /** Publishes until it is acknowledged, with an id: a try whose PUBACK was lost on its way leads to no second message. */
    async publish(to: string, body: string, until: AbortSignal): Promise<boolean> {
        const payload = JSON.stringify({ body, id: randomUUID() });
        this.#ledger.attempted(to, body);
        for (let retryMs = RETRY_MS; !until.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
            const connection = (this.#connection ??= new PublisherConnection(
                this.#gateway.mqtt.port,
                this.#gateway.token,
            ));
            if ((await connection.connected) && (await connection.publish(to, payload))) {
                this.#ledger.acknowledged(to, body);
                return true;
            }
            this.#connection = undefined;
            connection.close();
            await pause(retryMs);
        }
        return false;
    }

    close(): void {
        this.#connection?.close();
    }
}
