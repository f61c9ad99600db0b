import { GatewayError } from "../error.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A payload as text. @throws GatewayError invalid_request: it is not UTF-8 */
export function readText(payload: Buffer): string {
    try {
        return UTF8.decode(payload);
    } catch (error) {
        const sentence = "The payload is not UTF-8: send it in that encoding.";
        throw new GatewayError("invalid_request", sentence, { cause: error });
    }
}

/** A payload that has to be a JSON object. @throws GatewayError invalid_request */
export function readObject(payload: Buffer): Record<string, unknown> {
    const object = parseObject(readText(payload));
    if (object === undefined) throw new GatewayError("invalid_request", "The payload has to be a JSON object.");
    return object;
}

/** Undefined: it is no JSON object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
    try {
        const json: unknown = JSON.parse(text);
        const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
        return isObject ? (json as Record<string, unknown>) : undefined;
    } catch {
        return undefined;
    }
}
