import type { FastifyRequest } from "fastify";
import { GatewayError } from "../error.ts";
import { Turns } from "../limits/turns.ts";
import type { Accepted, Draft } from "../message.ts";
import { type E164, parseE164 } from "../number.ts";
import { permits, rangeOf } from "../directory/tokens.ts";
import { addressOf, callerFor } from "./callers.ts";
import { explain } from "./errors.ts";
import type { Metrics } from "./metrics.ts";
import { AcceptedBody, IdPath, ReceiptBody, SendBody } from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

/** Octets of a request with 1,000 numbers: as of any request, and 32 for each number. */
const SEND_OCTETS = 64 * 1024;
/** Each number's message has a key of its own, at most 200 characters long: see `keyOf`. */
const MAX_SHARED_KEY_CHARS = 184;

/** POST /v1/messages and GET /v1/messages/:id. */
export function addMessageRoutes(server: Server, services: Services, metrics: Metrics): void {
    const { directory, intake, log } = services;
    const turnsOfMany = new Turns(1);

    async function push(
        request: FastifyRequest,
        typed: string,
        country: string | undefined,
        rest: Rest,
    ): Promise<Accepted> {
        // A registered number that is written as E.164 is that number.
        const to = directory.knownRecipient(typed)?.number ?? parseE164(typed, country);
        const { body, title, urgency, ttlS, collapseKey, once } = rest;
        const draft: Draft = { to, body, title, urgency, ttlS, collapseKey, once: once?.(to) };
        const appended = await intake.accept(callerFor(request, "send", to), draft);
        metrics.accepted(appended);
        const { id, state, sequence } = appended.message;
        return { id, to, state, sequence };
    }

    async function pushToMany(request: FastifyRequest, typed: string[], country: string | undefined, rest: Rest) {
        // A thousand messages are work for a whole turn of the event loop. All in the same one, so that the store takes them in one commit.
        await new Promise<void>((go) => turnsOfMany.take(request.raw.socket, addressOf, go));
        const refused: [code: string, error: Error][] = [];
        const pushes = typed.map((to) =>
            push(request, to, country, rest).catch((error: Error) => {
                const [code, message] = explain(error);
                if (code === "internal") log.error({ error, requestId: request.id }, "internal error in a request");
                refused.push([code, error]);
                return { to, error: { code, message } };
            }),
        );
        const results = await Promise.all(pushes);
        const [first] = refused;
        const isOneReason = refused.length === results.length && refused.every(([code]) => code === first?.[0]);
        if (first !== undefined && isOneReason) throw first[1];
        return { results };
    }

    server.post(
        "/v1/messages",
        {
            bodyLimit: SEND_OCTETS,
            schema: {
                summary: "Push a message to a number, or to many. Answered when it is stored safely",
                description:
                    "To a list of numbers: one result for each, in their order, with the message or with the error that this number alone would have been answered with; when none is accepted, all for one reason, the answer is that error. With the header Idempotency-Key or the field id (1 to 200 visible ASCII characters, to a list 184), a message that is sent again is accepted once. The same key with other content is answered with 409, conflict.",
                security: [{ token: [] }],
                body: SendBody,
                response: { 202: AcceptedBody },
            },
        },
        async (request, reply) => {
            const { to, country, id, ttl, ttlS = ttl, body, title, urgency, collapseKey } = request.body;
            const rest: Rest = { body, title, urgency, ttlS, collapseKey };
            const key = readKey(request.headers["idempotency-key"], id);
            reply.code(202);
            if (typeof to === "string") {
                if (key !== undefined) rest.once = () => key;
                return push(request, to, country, rest);
            }
            if (key !== undefined) rest.once = (number) => keyOf(key, number);
            return pushToMany(request, to, country, rest);
        },
    );

    server.get(
        "/v1/messages/:id",
        {
            schema: {
                summary: "What became of a message",
                security: [{ token: [] }],
                params: IdPath,
                response: { 200: ReceiptBody },
            },
        },
        async (request) => {
            const { caller } = request;
            // Without the right, another's message looks like none, and the store is not asked for it.
            const receipt = caller && (await services.delivery.receipt(request.params.id, rangeOf(caller.pattern)));
            if (receipt === undefined || !permits(caller!, "receipt", receipt.to)) {
                throw new GatewayError(
                    "unknown_message",
                    "There is no such message, or it ended too long ago: look for a typing error in its id.",
                );
            }
            const history = receipt.history.map(({ state, atMs, why }) => ({ state, at: isoTime(atMs), why }));
            const { id, to, sequence, state } = receipt;
            return { id, to, sequence, state, history };
        },
    );
}

/** What the messages of a request have in common. */
interface Rest extends Omit<Draft, "to" | "once"> {
    once?: (to: E164) => string;
}

/** The key of one number's message: when the same list is sent again, or a longer one, each number gets its message once. */
function keyOf(key: string, to: E164): string {
    if (key !== "" && key.length <= MAX_SHARED_KEY_CHARS) return key + to;
    const sentence = `The idempotency key of a list of numbers must be 1 to ${MAX_SHARED_KEY_CHARS} visible ASCII characters.`;
    throw new GatewayError("invalid_request", sentence);
}

/** The idempotency key: a header or the body's "id". @throws GatewayError invalid_request */
function readKey(header: string | string[] | undefined, id: string | undefined): string | undefined {
    if (header !== undefined && id !== undefined && header !== id) {
        throw new GatewayError("invalid_request", 'The header Idempotency-Key and "id" differ: send one of them.');
    }
    return header === undefined ? id : String(header);
}
