import { isUtf8 } from "node:buffer";
import { GatewayError } from "../error.ts";
import { HttpError, NOT_JSON } from "./errors.ts";
import type { Server } from "./typed-server.ts";

/** Reads every body as JSON, whatever Content-Type names: curl names a form unless it is given another type. Compressed bodies are refused. */
export function readJsonBodies(server: Server): void {
    server.addHook("onRequest", (request, reply, done) => {
        const encoding = request.headers["content-encoding"];
        if (encoding === undefined || encoding === "identity") return done();
        reply.header("Accept-Encoding", "identity"); // RFC 9110 §15.5.16
        const sentence = "The body is compressed: send it as it is, without Content-Encoding.";
        done(new HttpError("unsupported_type", sentence));
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
    if (!isUtf8(octets)) {
        throw new GatewayError("invalid_request", "The body is not UTF-8: send it in that encoding.");
    }
    try {
        return JSON.parse(octets.toString("utf8", startsWithMark(octets) ? 3 : 0));
    } catch (error) {
        if (type !== "" && !/json/i.test(type)) throw new HttpError("unsupported_type", NOT_JSON);
        throw new GatewayError("invalid_request", "The body is not JSON: look for a missing quote, comma or brace.", {
            cause: error,
        });
    }
}

/** U+FEFF, which some editors put in front of a text. */
function startsWithMark(octets: Buffer): boolean {
    return octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf;
}
