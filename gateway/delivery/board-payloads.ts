import type { NackFields, NackWhy, ReadFields, SendFields } from "../../shared/push/message.ts";
import { GatewayError } from "../error.ts";
import type { Draft } from "../message.ts";
import { isE164, type E164 } from "../number.ts";

const NACK_WHYS: NackWhy[] = ["handler", "oversize", "expired", "garbled"];
/** What a publisher may say of a message, as in POST /v1/messages. */
const PUBLISHED = ["body", "title", "urgency", "ttlS", "collapseKey"];

/** `out/<route>/read`. @throws GatewayError invalid_request */
export function readRead(payload: Buffer): ReadFields {
    return { n: readSequence(readObject(payload)) };
}

/** `out/<route>/nack`. @throws GatewayError invalid_request */
export function readNack(payload: Buffer): NackFields {
    const fields = readObject(payload);
    return { n: readSequence(fields), y: NACK_WHYS.find((why) => why === fields.y) ?? "garbled" };
}

/** `out/<route>/msg`: what is checked here are the fields the queue does not see. @throws GatewayError invalid_… */
export function readSay(payload: Buffer, from: E164): Draft {
    const fields = readObject(payload) as Partial<SendFields>;
    const to = typeof fields.to === "string" ? fields.to : "";
    if (!isE164(to)) throw new GatewayError("invalid_number", 'A message\'s "to" has to be + and 2 to 15 digits.');
    if (!Number.isSafeInteger(fields.i) || !Number.isSafeInteger(fields.g)) {
        throw new GatewayError(
            "invalid_request",
            'A message needs "i" and "g", whole numbers that tell it from others.',
        );
    }
    return {
        to,
        from,
        body: fields.b as string,
        title: fields.t,
        urgency: fields.u,
        collapseKey: fields.k,
        ttlS: fields.l,
        once: `${fields.g}:${fields.i}`,
    };
}

/** What a publisher says to `to/<digits>`: the body itself, or a JSON object with a body. @throws GatewayError invalid_… */
export function readPublished(digits: string, payload: Buffer): Draft {
    const to = `+${digits}`;
    if (!isE164(to))
        throw new GatewayError("invalid_number", "Publish to to/ and the 2 to 15 digits of a number, without +.");
    const text = payload.toString();
    const json = text.startsWith("{") ? parse(text) : undefined;
    if (json === undefined || typeof json.body !== "string") return { to, body: text };
    const unknown = Object.keys(json).find((key) => !PUBLISHED.includes(key));
    if (unknown !== undefined) {
        throw new GatewayError("invalid_request", `A message has no such field; it may have ${PUBLISHED.join(", ")}.`);
    }
    return { ...(json as unknown as Draft), to };
}

function readObject(payload: Buffer): Record<string, unknown> {
    const json = parse(payload.toString());
    if (json === undefined) throw new GatewayError("invalid_request", "The payload has to be a JSON object.");
    return json;
}

function parse(text: string): Record<string, unknown> | undefined {
    try {
        const json: unknown = JSON.parse(text);
        const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
        return isObject ? (json as Record<string, unknown>) : undefined;
    } catch {
        return undefined;
    }
}

function readSequence(fields: Record<string, unknown>): number {
    if (Number.isSafeInteger(fields.n) && (fields.n as number) > 0) return fields.n as number;
    throw new GatewayError("invalid_request", 'The payload needs "n", a message\'s sequence.');
}
