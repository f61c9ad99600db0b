import { connect, PINGREQ, publish, publishIn, puback, subscribe } from "../gateway/aedes/packets.ts";
import { eventually } from "../support/eventually.ts";
import type { Enrolled } from "../support/gateway-client.ts";
import { WireClient } from "../support/raw-client.ts";

/** A device by hand, as little as can be: so that hundreds fit in one process, and so that one can stop reading. */
export class RawDevice extends WireClient {
    readonly pushes: { sequence: number; body: string }[] = [];
    /** false: pushes are not acknowledged */
    acknowledges = true;
    #greeted = false;
    #pongs = 0;

    /** Connects, registers, and resolves when the gateway has answered that. @param window pushes that may be inflight */
    static async connect(port: number, { route, secret }: Enrolled, window: number): Promise<RawDevice> {
        const device = new RawDevice(port);
        device.onPacket = (packet) => device.#take(packet);
        const registration = JSON.stringify({ r: "raw", v: "0", a: "127.0.0.1", y: "boot", m: 4096, w: window });
        const subscribed = subscribe(1, [`in/${route}`, 1]);
        const registered = publish(2, `out/${route}/reg`, registration);
        device.write(Buffer.concat([connect(route, route, secret), subscribed, registered]));
        await eventually("a raw device is registered", () => device.#greeted);
        return device;
    }

    #take(packet: Buffer): void {
        if (packet[0] === 0xd0) this.#pongs++;
        const came = publishIn(packet);
        if (came === undefined) return;
        const { n, b, e } = JSON.parse(came.payload.toString()) as { n?: number; b?: string; e?: number };
        if (e !== undefined) this.#greeted = true;
        if (n === undefined || b === undefined) return;
        this.pushes.push({ sequence: n, body: b });
        if (this.acknowledges) this.write(puback(came.packetId));
    }

    /** Resolves at its answer. */
    async ping(): Promise<void> {
        const before = this.#pongs;
        this.write(PINGREQ);
        await eventually("PINGRESP", () => this.#pongs > before);
    }

    /** Stops reading: what the gateway writes stays in the sockets' buffers. */
    freeze(): void {
        this.socket.pause();
    }

    thaw(): void {
        this.socket.resume();
    }

    async close(): Promise<void> {
        this.destroy();
        await this.end();
    }
}
