import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may be unanswered; the others wait, first here and then with the client. */
export const MAX_UNANSWERED = 8;
/** Node parses what it is given to the end: so many octets may hold that many requests (of some 20 octets) more. */
const PIECE_OCTETS = 512;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Bounds what pipelining costs: Node itself makes objects of all requests that a client sends without waiting for answers, and pauses only when
 * the answers pile up. Call it before the server listens.
 */
export function pacePipelines(server: Server): void {
    const connections = new WeakMap<Socket, { unanswered: number; feed(): void }>();

    server.on("connection", (socket: Socket) => {
        const [parse] = socket.listeners("data") as [(octets: Buffer) => void]; // Node's own, set before this listener runs
        socket.off("data", parse);
        let waiting = NOTHING;
        let paused = false;
        const connection = {
            unanswered: 0,
            feed() {
                while (waiting.length > 0 && connection.unanswered < MAX_UNANSWERED) {
                    const piece = waiting.subarray(0, PIECE_OCTETS);
                    waiting = waiting.subarray(PIECE_OCTETS);
                    parse(piece);
                    if (socket.writableEnded || socket.destroyed) waiting = NOTHING; // its last answer is written
                }
                if (paused === waiting.length > 0) return;
                paused = !paused;
                if (paused) socket.pause();
                else socket.resume();
            },
        };
        connections.set(socket, connection);
        socket.on("data", (octets: Buffer) => {
            const few = octets.length <= PIECE_OCTETS && waiting.length === 0;
            if (few && connection.unanswered < MAX_UNANSWERED) return parse(octets); // nearly always
            waiting = waiting.length === 0 ? octets : Buffer.concat([waiting, octets]);
            connection.feed();
        });
        // Node resumes the socket when it wants a request's body.
        socket.on("resume", () => paused && socket.pause());
    });
    server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
        const connection = connections.get(socket);
        if (connection === undefined) return;
        connection.unanswered++;
        response.once("close", () => {
            connection.unanswered--;
            connection.feed();
        });
    });
    // Without a listener Node answers a header Expect that it does not know by itself, uncounted.
    server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}
