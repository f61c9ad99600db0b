import mqtt from "mqtt-packet";
import type { Packet } from "mqtt-packet";

/** A push as the simulation knows it: whatever its numbering, it is this one message. */
export interface SimulatedMessage {
    id: number;
    /** in the present epoch */
    sequence: number;
    body: string;
    /** seconds since 1970; undefined: never */
    expiresS: number | undefined;
}

/** What a gateway's connection can do to the network. */
export interface Line {
    send(octets: Buffer): void;
    close(): void;
}

/** A gateway that leaves a push unacknowledged for so long closes the connection. */
export const ACK_MS = 20_000;
const WINDOW = 2;
/** The gateway's clock at the beginning of the simulation. */
const START_S = 1_767_225_600;

function octets(packet: Packet): Buffer {
    return mqtt.generate(packet, { protocolVersion: 4 });
}

/** One connection of the simulated gateway. */
export class GatewayLine {
    readonly line: Line;
    readonly inflight = new Map<number, { message: SimulatedMessage; sentMs: number }>();
    readonly #gateway: SimulatedGateway;
    readonly #parser = mqtt.parser({ protocolVersion: 4 });
    registered = false;
    alive = true;
    #lastId = 0;

    constructor(gateway: SimulatedGateway, line: Line) {
        this.#gateway = gateway;
        this.line = line;
        this.#parser.on("packet", (packet) => this.#take(packet));
        this.#parser.on("error", (error: Error) => {
            throw new Error(`the device wrote no MQTT: ${error.message}`);
        });
    }

    receive(data: Buffer): void {
        if (this.alive) this.#parser.parse(data);
    }

    end(): void {
        if (!this.alive) return;
        this.alive = false;
        this.line.close();
    }

    send(packet: Packet): void {
        if (this.alive) this.line.send(octets(packet));
    }

    /** Writes what fits into the window, in the order of sequences. */
    fill(nowMs: number): void {
        if (!this.registered || !this.alive) return;
        const sent = new Set([...this.inflight.values()].map(({ message }) => message));
        for (const message of this.#gateway.backlog) {
            if (this.inflight.size >= WINDOW) return;
            if (sent.has(message)) continue;
            this.#lastId = (this.#lastId % 65_535) + 1;
            this.inflight.set(this.#lastId, { message, sentMs: nowMs });
            const payload = JSON.stringify({ n: message.sequence, b: message.body, x: message.expiresS });
            this.send({
                cmd: "publish",
                topic: this.#gateway.inbox,
                payload,
                qos: 1,
                messageId: this.#lastId,
                dup: false,
                retain: false,
            });
        }
    }

    #take(packet: Packet): void {
        const gateway = this.#gateway;
        if (packet.cmd === "connect") {
            this.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
        } else if (packet.cmd === "subscribe") {
            this.send({ cmd: "suback", messageId: packet.messageId, granted: [1] });
        } else if (packet.cmd === "pingreq") {
            this.send({ cmd: "pingresp" });
        } else if (packet.cmd === "puback") {
            const acked = this.inflight.get(packet.messageId ?? 0);
            if (acked === undefined) return;
            this.inflight.delete(packet.messageId ?? 0);
            gateway.acknowledge(acked.message);
            this.fill(gateway.nowMs());
        } else if (packet.cmd === "publish") {
            if (packet.topic.endsWith("/reg")) {
                this.registered = true;
                gateway.say(this);
            } else {
                gateway.heard.add(packet.payload.toString());
            }
            this.send({ cmd: "puback", messageId: packet.messageId });
            this.fill(gateway.nowMs());
        }
    }
}

/** A gateway with one device: a backlog in memory, a window, redelivery on the next connection, an epoch. */
export class SimulatedGateway {
    readonly inbox: string;
    readonly nowMs: () => number;
    /** accepted, not acknowledged */
    backlog: SimulatedMessage[] = [];
    accepted = 0;
    epoch = 1000;
    /** the base of the backoff in its hello, in seconds */
    baseS = 1;
    /** payloads of everything that devices sent, without registrations */
    readonly heard = new Set<string>();
    current: GatewayLine | undefined;
    /** called with each message whose PUBACK came */
    acknowledged: (message: SimulatedMessage) => void = () => undefined;
    #sequence = 0;

    constructor(route: string, nowMs: () => number) {
        this.inbox = `in/${route}`;
        this.nowMs = nowMs;
    }

    get clockS(): number {
        return START_S + Math.floor(this.nowMs() / 1000);
    }

    /** Stored: from now on it must not be lost. @param fillerOctets makes it longer @param ttlS undefined: for ever */
    accept(fillerOctets = 0, ttlS?: number): void {
        const id = ++this.accepted;
        const body = `message ${id}${" ".repeat(fillerOctets)}`;
        const expiresS = ttlS === undefined ? undefined : this.clockS + ttlS;
        const message = { id, sequence: ++this.#sequence, body, expiresS };
        this.backlog.push(message);
        this.current?.fill(this.nowMs());
    }

    /** A connection of the device takes the place of the one before. */
    open(line: Line): GatewayLine {
        this.current?.end();
        this.current = new GatewayLine(this, line);
        return this.current;
    }

    /** The store came back from a backup: another numbering for what waits. */
    renumber(): void {
        this.current?.end();
        this.epoch++;
        this.#sequence = 0;
        for (const message of this.backlog) message.sequence = ++this.#sequence;
    }

    acknowledge(message: SimulatedMessage): void {
        if (!this.backlog.includes(message)) return;
        this.backlog = this.backlog.filter((other) => other !== message);
        this.acknowledged(message);
    }

    say(line: GatewayLine): void {
        const payload = JSON.stringify({
            e: this.epoch,
            c: this.clockS,
            w: this.backlog.length,
            d: this.baseS > 1 ? this.baseS : undefined,
        });
        line.send({ cmd: "publish", topic: this.inbox, payload, qos: 0, dup: false, retain: false });
    }

    /** Closes a connection that has owed an acknowledgement for too long. */
    sweep(): void {
        const line = this.current;
        if (line?.alive !== true) return;
        for (const { sentMs } of line.inflight.values()) if (this.nowMs() - sentMs >= ACK_MS) return line.end();
    }
}
