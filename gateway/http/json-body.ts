import { GatewayError } from "../error.ts";
import { HttpError, NOT_JSON } from "./errors.ts";
import type { Server } from "./typed-server.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Reads every body as JSON, whatever Content-Type names: curl names a form unless it is given another type. Compressed bodies are refused. */
export function readJsonBodies(server: Server): void {
    server.addHook("onRequest", async (request, reply) => {
        const encoding = request.headers["content-encoding"];
        if (encoding === undefined || encoding === "identity") return;
        void reply.header("Accept-Encoding", "identity"); // RFC 9110 §15.5.16
        throw new HttpError("unsupported_type", "The body is compressed: send it as it is, without Content-Encoding.");
    });
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
        try {
            done(null, request.is404 ? undefined : parseJsonBody(body as Buffer, request.headers["content-type"]));
        } catch (error) {
            done(error as Error);
        }
    });
}

/**
 * Parses a JSON body. Unlike Fastify's own parser it refuses octets that are not UTF-8 instead of replacing them, because
 * a message must arrive octet for octet.
 * @returns undefined for an empty body
 * @throws GatewayError("invalid_request"), HttpError("unsupported_type")
 */
function parseJsonBody(octets: Buffer, type = ""): unknown {
    if (octets.length === 0) return undefined;
    let text: string;
    try {
        text = UTF8.decode(octets);
    } catch (error) {
        throw new GatewayError("invalid_request", "The body is not UTF-8: send it in that encoding.", { cause: error });
    }
    try {
        return JSON.parse(text);
    } catch (error) {
        if (type !== "" && !/json/i.test(type)) throw new HttpError("unsupported_type", NOT_JSON);
        throw new GatewayError("invalid_request", "The body is not JSON: look for a missing quote, comma or brace.", {
            cause: error,
        });
    }
}
