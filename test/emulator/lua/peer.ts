import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** The least of a gateway: it accepts every device, acknowledges all it says, and pushes when told to. */
export class Peer {
    /** so far: connections, pushes, and their PUBACKs */
    connected = 0;
    pushed = 0;
    acknowledged = 0;
    private readonly server: Server;
    private socket: Socket | undefined;
    private route = "";

    private constructor(server: Server) {
        this.server = server;
        server.on("connection", (socket) => this.serve(socket));
    }

    static async listen(): Promise<Peer> {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new Peer(server);
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    /** PUBLISH, QoS 1, the next in the numbering. */
    push(body: string): void {
        this.publish(`{"n":${++this.pushed},"b":${JSON.stringify(body)}}`, 1);
    }

    /** Ends the device's connection. */
    drop(): void {
        this.socket?.destroy();
    }

    close(): void {
        this.drop();
        this.server.close();
    }

    private publish(payload: string, qos: number): void {
        const topic = `in/${this.route}`;
        const id = qos === 1 ? [0, (this.pushed % 200) + 1] : [];
        const rest = Buffer.concat([
            Buffer.from([0, topic.length]),
            Buffer.from(topic),
            Buffer.from(id),
            Buffer.from(payload),
        ]);
        const length = rest.length < 128 ? [rest.length] : [(rest.length % 128) + 128, Math.floor(rest.length / 128)];
        this.socket?.write(Buffer.concat([Buffer.from([0x30 + qos * 2, ...length]), rest]));
    }

    private serve(socket: Socket): void {
        let heard = Buffer.alloc(0);
        this.socket = socket;
        socket.setNoDelay(true);
        socket.on("error", () => undefined);
        socket.on("data", (data) => {
            heard = Buffer.concat([heard, data]);
            for (let packet = whole(heard); packet !== undefined; packet = whole(heard)) {
                heard = heard.subarray(packet.octets);
                this.answer(socket, packet.type, packet.rest);
            }
        });
    }

    private answer(socket: Socket, type: number, rest: Buffer): void {
        if (type === 1) {
            this.connected++;
            this.route = rest.subarray(12, 12 + rest.readUInt16BE(10)).toString("latin1");
            socket.write(Buffer.from([0x20, 2, 0, 0]));
        } else if (type === 8) {
            socket.write(Buffer.from([0x90, 3, rest[0]!, rest[1]!, 1]));
            this.publish(`{"e":7,"c":1700000000,"w":0}`, 0);
        } else if (type === 3) {
            const at = 2 + rest.readUInt16BE(0);
            socket.write(Buffer.from([0x40, 2, rest[at]!, rest[at + 1]!]));
        } else if (type === 4) {
            this.acknowledged++;
        } else if (type === 12) {
            socket.write(Buffer.from([0xd0, 0]));
        }
    }
}

/** The first packet of what was heard, if it is whole. Lengths of one or two octets are all that a device writes. */
function whole(heard: Buffer): { type: number; rest: Buffer; octets: number } | undefined {
    if (heard.length < 2) return undefined;
    const long = heard[1]! > 127;
    if (long && heard.length < 3) return undefined;
    const at = long ? 3 : 2;
    const end = at + (long ? (heard[1]! % 128) + heard[2]! * 128 : heard[1]!);
    if (heard.length < end) return undefined;
    return { type: heard[0]! >> 4, rest: heard.subarray(at, end), octets: end };
}
