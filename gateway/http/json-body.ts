import { GatewayError } from "../error.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a JSON body. Unlike Fastify's own parser it refuses octets that are not UTF-8 instead of replacing them, because
 * a message must arrive octet for octet.
 * @throws GatewayError("invalid_request")
 */
export function parseJsonBody(octets: Buffer): unknown {
    if (octets.length === 0) throw new GatewayError("invalid_request", "The body is empty: send a JSON object.");
    let text: string;
    try {
        text = UTF8.decode(octets);
    } catch (error) {
        throw new GatewayError("invalid_request", "The body is not UTF-8: send it in that encoding.", { cause: error });
    }
    try {
        return JSON.parse(text);
    } catch (error) {
        throw new GatewayError("invalid_request", "The body is not JSON: look for a missing quote, comma or brace.", {
            cause: error,
        });
    }
}
