import { once } from "node:events";
import { connect, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import type { Enrolled } from "../support/gateway-client.ts";

const CONNECTED_MS = 30_000;

/** A push on the wire. */
export interface WirePush {
    sequence: number;
    body: string;
}

/** A device by hand, as little as can be: so that hundreds fit in one process, and so that one can stop reading. */
export class RawDevice {
    readonly pushes: WirePush[] = [];
    /** false: pushes are not acknowledged */
    acknowledges = true;
    readonly #socket: Socket;
    readonly #pongs: (() => void)[] = [];
    #hello: (() => void) | undefined;

    private constructor(port: number) {
        this.#socket = connect({ host: "127.0.0.1", port });
        this.#socket.setNoDelay(true);
        this.#socket.on("error", () => undefined); // "close" follows
        const parser = mqttPacket.parser({ protocolVersion: 4 });
        parser.on("packet", (packet: Packet) => this.#take(packet));
        this.#socket.on("data", (data) => void parser.parse(data));
    }

    /** Connects, registers, and resolves when the gateway has answered that. @param window pushes that may be inflight */
    static async connect(port: number, { route, secret }: Enrolled, window: number): Promise<RawDevice> {
        const device = new RawDevice(port);
        const hello = new Promise<void>((resolve) => (device.#hello = resolve));
        const password = Buffer.from(secret);
        const registration = { r: "raw", v: "0", a: "127.0.0.1", y: "boot", m: 4096, w: window };
        const packets: Packet[] = [
            { cmd: "connect", clientId: route, clean: true, keepalive: 60, username: route, password },
            { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: `in/${route}`, qos: 1 }] },
            {
                cmd: "publish",
                topic: `out/${route}/reg`,
                payload: JSON.stringify(registration),
                qos: 1,
                messageId: 2,
                dup: false,
                retain: false,
            },
        ];
        device.#socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
        const late = new Promise<never>((_, reject) => {
            setTimeout(() => reject(new Error("a raw device was not registered in time")), CONNECTED_MS).unref();
        });
        await Promise.race([hello, late]);
        return device;
    }

    get closed(): boolean {
        return this.#socket.destroyed;
    }

    #take(packet: Packet): void {
        if (packet.cmd === "pingresp") this.#pongs.shift()?.();
        if (packet.cmd !== "publish") return;
        const fields = JSON.parse(packet.payload.toString()) as { n?: number; b?: string; e?: number };
        if (fields.e !== undefined) this.#hello?.();
        if (fields.n === undefined || fields.b === undefined) return;
        const push = { sequence: fields.n, body: fields.b };
        this.pushes.push(push);
        if (this.acknowledges) {
            this.#socket.write(mqttPacket.generate({ cmd: "puback", messageId: packet.messageId }));
        }
    }

    /** Resolves at its answer. */
    async ping(): Promise<void> {
        const pong = new Promise<void>((resolve) => this.#pongs.push(resolve));
        this.#socket.write(mqttPacket.generate({ cmd: "pingreq" }));
        await pong;
    }

    /** Stops reading: what the gateway writes stays in the sockets' buffers. */
    freeze(): void {
        this.#socket.pause();
    }

    thaw(): void {
        this.#socket.resume();
    }

    async close(): Promise<void> {
        this.#socket.destroy();
        if (!this.#socket.closed) await once(this.#socket, "close");
    }
}
