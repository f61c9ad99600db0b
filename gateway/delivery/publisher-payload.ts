import { GatewayError } from "../error.ts";
import type { Draft } from "../message.ts";
import { isE164 } from "../number.ts";
import { parseObject, readText } from "./payload.ts";

/** What a publisher's JSON may hold, as in POST /v1/messages. */
const FIELDS = ["body", "title", "urgency", "ttlS", "ttl", "collapseKey", "id"];

/**
 * A message as a publisher sends it: the payload is the body itself, or a JSON object with a body.
 * @param digits of the number, as in the topic `to/<digits>`
 * @throws GatewayError invalid_number, invalid_request
 */
export function readPublisherMessage(digits: string, payload: Buffer): Draft {
    const to = `+${digits}`;
    if (!isE164(to)) {
        throw new GatewayError("invalid_number", "Publish to to/ and the 2 to 15 digits of a number, without +.");
    }
    const text = readText(payload);
    const json = text.startsWith("{") ? parseObject(text) : undefined;
    if (json === undefined || typeof json.body !== "string") return { to, body: text };
    if (Object.keys(json).some((key) => !FIELDS.includes(key))) {
        throw new GatewayError("invalid_request", `A message has no such field; it may have ${FIELDS.join(", ")}.`);
    }
    const { id: once, ttl, ttlS = ttl, ...fields } = json;
    return { ...(fields as unknown as Draft), ttlS: ttlS as number | undefined, to, once: once as string | undefined };
}
