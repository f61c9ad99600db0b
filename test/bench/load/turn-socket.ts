import { connect, type Socket } from "node:net";

/** All sockets of the process read into this one: a callback is done with it when it returns. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);

const waiting: TurnSocket[] = [];

function writeAll(): void {
    for (const socket of waiting.splice(0)) socket.writeNow();
}

/** A socket that writes once for all that was queued in a turn of the event loop. */
export class TurnSocket {
    readonly #socket: Socket;
    #queued: Buffer[] = [];

    constructor(socket: Socket) {
        this.#socket = socket.setNoDelay(true);
    }

    queue(data: Buffer): void {
        if (this.#queued.length === 0) {
            if (waiting.length === 0) setImmediate(writeAll);
            waiting.push(this);
        }
        this.#queued.push(data);
    }

    writeNow(): void {
        const queued = this.#queued;
        this.#queued = [];
        if (!this.#socket.destroyed) this.#socket.write(queued.length === 1 ? queued[0]! : Buffer.concat(queued));
    }

    destroy(): void {
        this.#socket.destroy();
    }
}

/** Dials the port of this machine. @param read gets what arrives, valid during the call only @param closed is called once, with the reason */
export function dial(port: number, read: (chunk: Buffer) => void, closed: (why: string) => void): TurnSocket {
    let why = "the server closed the connection";
    const socket = connect({
        port,
        host: "127.0.0.1",
        onread: {
            buffer: READ_BUFFER,
            callback(octets) {
                read(READ_BUFFER.subarray(0, octets));
                return true;
            },
        },
    });
    socket.on("error", (error) => (why = error.message));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => closed(why));
    return new TurnSocket(socket);
}
