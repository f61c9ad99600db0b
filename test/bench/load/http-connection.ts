import { dial, type TurnSocket } from "./turn-socket.ts";

/** A keep-alive connection with one request under way. */
export class HttpConnection {
    readonly #socket: TurnSocket;
    #answer = "";
    #answered: (status: number, body: string) => void = () => undefined;

    /** @param closed called when the connection ends */
    constructor(port: number, closed: (why: string) => void) {
        this.#socket = dial(port, (chunk) => this.#read(chunk), closed);
    }

    /** Writes a whole request. @param answered gets the status and the body */
    ask(request: Buffer, answered: (status: number, body: string) => void): void {
        this.#answered = answered;
        this.#socket.queue(request);
    }

    destroy(): void {
        this.#socket.destroy();
    }

    #read(chunk: Buffer): void {
        this.#answer += chunk.toString("latin1");
        const headEnd = this.#answer.indexOf("\r\n\r\n");
        if (headEnd < 0) return;
        const length = /\r\ncontent-length: *(\d+)/i.exec(this.#answer)?.[1];
        if (length === undefined) throw new Error("The server answered without Content-Length.");
        const end = headEnd + 4 + Number(length);
        if (this.#answer.length < end) return;
        const [status, body] = [Number(this.#answer.slice(9, 12)), this.#answer.slice(headEnd + 4, end)];
        this.#answer = "";
        this.#answered(status, body);
    }
}

/** A POST with a JSON body. */
export function postOf(path: string, token: string, json: string): Buffer {
    const head = [
        `POST ${path} HTTP/1.1`,
        "Host: 127.0.0.1",
        `Authorization: Bearer ${token}`,
        "Content-Type: application/json",
        `Content-Length: ${Buffer.byteLength(json)}`,
    ];
    return Buffer.from(`${head.join("\r\n")}\r\n\r\n${json}`);
}
