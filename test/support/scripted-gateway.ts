import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import mqtt from "mqtt-packet";
import type { Packet } from "mqtt-packet";
import { eventually, pause } from "./eventually.ts";

/** Longer than a device takes for anything on a machine that does much else. */
const PATIENCE_MS = 60_000;

type Received<C extends Packet["cmd"]> = Extract<Packet, { cmd: C }>;

/** What a script sends: a packet that mqtt-packet writes, octets, or octets in hexadecimal. */
export type Sent = Packet | Buffer | string;

export function octetsOf(...sent: Sent[]): Buffer {
    return Buffer.concat(
        sent.map((part) => {
            if (typeof part === "string") return Buffer.from(part, "hex");
            return Buffer.isBuffer(part) ? part : mqtt.generate(part, { protocolVersion: 4 });
        }),
    );
}

/** RST. Behind a FIN that is on its way: Node fails to reset a socket that is shutting down (EINVAL), and then never closes it. */
export function resetSocket(socket: Socket): void {
    if (socket.writableEnded && !socket.writableFinished) socket.once("finish", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
}

/**
 * The gateway's side of one connection, played by a test: `receive` what the device sends next, `send` what it gets. What the
 * device writes is read by mqtt-packet, and octets that are no MQTT fail the next `receive`.
 */
export class Peer {
    readonly openedMs = performance.now();
    /** Every piece in which octets came. */
    readonly pieces: Buffer[] = [];
    /** Resolves when the device's side is closed, by FIN or RST. */
    readonly closed: Promise<void>;
    isClosed = false;
    /** the device's */
    readonly port: number | undefined;
    readonly #socket: Socket;
    readonly #packets: Packet[] = [];
    #problem: Error | undefined;
    #wake: () => void = () => undefined;

    constructor(socket: Socket) {
        this.#socket = socket;
        this.port = socket.remotePort;
        socket.setNoDelay(true);
        const parser = mqtt.parser({ protocolVersion: 4 });
        parser.on("packet", (packet) => {
            this.#packets.push(packet);
            this.#wake();
        });
        parser.on("error", (error: Error) => {
            this.#problem = error;
            this.#wake();
        });
        socket.on("data", (data) => {
            this.pieces.push(data);
            parser.parse(data);
        });
        socket.on("error", () => undefined); // "close" follows
        this.closed = new Promise((resolve) => {
            const close = (): void => {
                this.isClosed = true;
                this.#wake();
                resolve();
            };
            socket.on("end", close);
            socket.on("close", close);
        });
    }

    /** Where the device came from. */
    get address(): string | undefined {
        return this.#socket.remoteAddress;
    }

    /** Packets that came and were not received yet. */
    get waiting(): number {
        return this.#packets.length;
    }

    /** The next packet. Rejects when it is another one, when none comes, or when the device hangs up instead. */
    async receive<C extends Packet["cmd"]>(cmd: C, withinMs?: number): Promise<Received<C>> {
        const packet = await this.next(cmd, withinMs);
        assert.equal(packet.cmd, cmd, `expected ${cmd}: ${JSON.stringify(packet)}`);
        return packet as Received<C>;
    }

    /** The next packet, whatever it is. @param cmd what is hoped for, for the error's sentence */
    async next(cmd: Packet["cmd"], withinMs = PATIENCE_MS): Promise<Packet> {
        const until = performance.now() + withinMs;
        while (this.#packets.length === 0) {
            if (this.#problem !== undefined) throw new Error(`The device wrote no MQTT: ${this.#problem.message}`);
            if (this.isClosed) throw new Error(`The device hung up instead of sending ${cmd}.`);
            const leftMs = until - performance.now();
            if (leftMs <= 0) throw new Error(`The device sent no ${cmd} within ${withinMs} ms.`);
            await this.#news(leftMs);
        }
        return this.#packets.shift()!;
    }

    /** The next packet is a PUBLISH to this topic. @returns its payload as text, and the packet id */
    async receivePublish(
        topic: string,
        withinMs?: number,
    ): Promise<{ payload: string; messageId: number; qos: number }> {
        const packet = await this.receive("publish", withinMs);
        assert.equal(packet.topic, topic);
        return { payload: packet.payload.toString("utf8"), messageId: packet.messageId ?? 0, qos: packet.qos };
    }

    /** Rejects when the device sends anything, or hangs up, within this time. */
    async silence(forMs: number): Promise<void> {
        await pause(forMs);
        assert.equal(this.#packets.length, 0, `sent though nothing was expected: ${JSON.stringify(this.#packets[0])}`);
        assert.equal(this.isClosed, false, "hung up though nothing was wrong");
    }

    /** Resolves when the device has hung up; what it sent before is dropped. */
    hungUp(withinMs = PATIENCE_MS): Promise<void> {
        return eventually("the device hangs up", () => this.isClosed, withinMs);
    }

    /** All in one write. */
    send(...sent: Sent[]): void {
        if (this.#socket.writable) this.#socket.write(octetsOf(...sent));
    }

    /** The octets in pieces, each a write of its own, with a moment in between so that they arrive apart. */
    async sendInPieces(octets: Buffer, pieceOctets: number, pauseMs = 2): Promise<void> {
        for (let at = 0; at < octets.length; at += pieceOctets) {
            this.send(octets.subarray(at, at + pieceOctets));
            await pause(pauseMs);
        }
    }

    /** FIN: nothing more is sent. */
    end(): void {
        this.#socket.end();
    }

    /** RST. */
    reset(): void {
        resetSocket(this.#socket);
    }

    destroy(): void {
        this.#socket.destroy();
    }

    /** Thousands of packets are received in a row: they are not looked for every few milliseconds. */
    #news(withinMs: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, withinMs);
            this.#wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
}

/** Ports that no system gives away by itself: while this gateway is shut, nobody else's connection may come from its own. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const MAX_TRIES = 20;

/** A TCP server on 127.0.0.1 whose connections a test takes one after the other. */
export class ScriptedGateway {
    readonly #server: Server;
    readonly #peers: Peer[] = [];
    #taken = 0;
    #port = 0;

    private constructor() {
        this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#peers.push(new Peer(socket)));
    }

    static async listen(): Promise<ScriptedGateway> {
        const gateway = new ScriptedGateway();
        await gateway.open();
        return gateway;
    }

    get port(): number {
        return this.#port;
    }

    /** Every connection so far. */
    get peers(): readonly Peer[] {
        return this.#peers;
    }

    /** The next connection that no script took yet. */
    async accept(withinMs = PATIENCE_MS): Promise<Peer> {
        await eventually("the device connects", () => this.#peers.length > this.#taken, withinMs);
        return this.#peers[this.#taken++]!;
    }

    /** Resolves when all connections are closed, also those on their way; what no script took of them is dropped from the script. */
    async deserted(withinMs = PATIENCE_MS): Promise<void> {
        const last = connect(this.#port, "127.0.0.1"); // behind all others
        await once(last, "connect");
        const { localPort } = last;
        await eventually("a connection", () => this.#peers.some(({ port }) => port === localPort), withinMs);
        last.destroy();
        await eventually("the device hangs up", () => this.#peers.every(({ isClosed }) => isClosed), withinMs);
        this.#taken = this.#peers.length;
    }

    /** The newest connection, when no other came for a while. Those before it are dropped from the script. */
    async newest(settleMs = 1500): Promise<Peer> {
        let peer = await this.accept();
        for (;;) {
            const next = await this.accept(settleMs).catch(() => undefined);
            if (next === undefined) return peer;
            peer = next;
        }
    }

    /** Refuses connections from now on: its port is closed. */
    async shut(): Promise<void> {
        for (const peer of this.#peers) peer.destroy();
        await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    }

    /** Listens, again on the same port. */
    async open(): Promise<void> {
        const known = this.#port !== 0;
        for (let tries = 1; ; tries++) {
            if (!known) this.#port = FIRST_PORT + Math.floor(Math.random() * PORTS);
            try {
                await once(this.#server.listen(this.#port, "127.0.0.1"), "listening");
                return;
            } catch (error) {
                if (known || tries === MAX_TRIES) throw error;
            }
        }
    }

    async close(): Promise<void> {
        if (this.#server.listening) await this.shut();
    }
}
