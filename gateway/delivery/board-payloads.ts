import type { NackFields, NackWhy, ReadFields, OutcomeFields, SendFields } from "../../shared/push/message.ts";
import { GatewayError } from "../error.ts";
import type { Draft } from "../message.ts";
import { isE164, type E164 } from "../number.ts";
import { parseObject, readObject } from "./payload.ts";

const NACK_WHYS: NackWhy[] = ["handler", "oversize", "expired", "garbled", "restarted"];

/** `out/<route>/read`. @throws GatewayError invalid_request */
export function readRead(payload: Buffer): ReadFields {
    return { n: readSequence(readObject(payload)) };
}

/** `out/<route>/nack`. @throws GatewayError invalid_request */
export function readNack(payload: Buffer): NackFields {
    const fields = readObject(payload);
    return { n: readSequence(fields), y: NACK_WHYS.find((why) => why === fields.y) ?? "garbled" };
}

/** `out/<route>/msg`: this checks the fields that the queue does not see. @param from the board's number @throws GatewayError invalid_… */
export function readMessage(payload: Buffer, from: E164): Draft {
    const fields = readObject(payload) as Partial<SendFields>;
    const to = typeof fields.to === "string" ? fields.to : "";
    if (!isE164(to)) throw new GatewayError("invalid_number", 'A message\'s "to" has to be + and 2 to 15 digits.');
    return {
        to,
        from,
        body: fields.b as string,
        title: fields.t,
        urgency: fields.u,
        collapseKey: fields.k,
        ttlS: fields.l,
        once: readKey(fields),
    };
}

/** The idempotency key: "id", or what the core counts its messages by, a number drawn at boot and one for each message. */
function readKey({ id, g, i }: Partial<SendFields>): string | undefined {
    if (id !== undefined) return id;
    if (Number.isSafeInteger(i) && Number.isSafeInteger(g)) return `${g}:${i}`;
    if (i === undefined && g === undefined) return undefined;
    throw new GatewayError("invalid_request", 'A message\'s "g" and "i" have to be whole numbers.');
}

/** The id that a message was accepted with, or why it was refused. */
export type Outcome = Pick<OutcomeFields, "m" | "y">;

/** What the board gets to know of its message, by the key that it gave it. */
export function encodeOutcome(payload: Buffer, outcome: Outcome): Buffer {
    const { id, i, g }: Record<string, unknown> = parseObject(payload.toString()) ?? {};
    const fields: OutcomeFields = {
        id: typeof id === "string" ? id : undefined,
        i: typeof i === "number" ? i : undefined,
        g: typeof g === "number" ? g : undefined,
        ...outcome,
    };
    return Buffer.from(JSON.stringify(fields));
}

function readSequence(fields: Record<string, unknown>): number {
    if (Number.isSafeInteger(fields.n) && (fields.n as number) > 0) return fields.n as number;
    throw new GatewayError("invalid_request", 'The payload needs "n", a message\'s sequence.');
}
