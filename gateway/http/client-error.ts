import type { Socket } from "node:net";
import type { Log } from "../log.ts";
import type { ErrorBody } from "./errors.ts";

/** Errors of Node's HTTP parser, by its code: the answer's status line, error code and message. */
const REFUSED: Record<string, [status: string, code: ErrorBody["error"]["code"], message: string]> = {
    ERR_HTTP_REQUEST_TIMEOUT: [
        "408 Request Timeout",
        "timed_out",
        "The request was not complete within 10 s: send it again, faster.",
    ],
    HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "too_large", "The headers are too large: send fewer."],
};
const GARBLED: (typeof REFUSED)[string] = [
    "400 Bad Request",
    "invalid_request",
    "This is not an HTTP/1.1 request. Boards connect to the MQTT port; this port has no TLS.",
];

/** Answers octets that are not an HTTP request with an error, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
    const code = error.code ?? "unknown";
    if (code === "ECONNRESET" || !socket.writable) {
        socket.destroy();
        return;
    }
    log.info({ code, address: socket.remoteAddress }, "not an HTTP request");
    const [status, errorCode, message] = REFUSED[code] ?? GARBLED;
    const body = JSON.stringify({ error: { code: errorCode, message } } satisfies ErrorBody);
    const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
