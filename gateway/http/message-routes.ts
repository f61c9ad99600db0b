import { GatewayError } from "../error.ts";
import type { Draft } from "../message.ts";
import { parseE164 } from "../number.ts";
import { permits, rangeOf } from "../directory/tokens.ts";
import { callerFor } from "./callers.ts";
import type { Metrics } from "./metrics.ts";
import { AcceptedBody, IdPath, ReceiptBody, SendBody } from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

/** POST /v1/messages and GET /v1/messages/:id. */
export function addMessageRoutes(server: Server, services: Services, metrics: Metrics): void {
    server.post(
        "/v1/messages",
        {
            schema: {
                summary: "Push a message to a number. Answered when it is stored safely",
                description:
                    "With the header Idempotency-Key or the field id (1 to 200 visible ASCII characters), a message that is sent again is accepted once. The same key with other content is answered with 409, conflict.",
                security: [{ token: [] }],
                body: SendBody,
                response: { 202: AcceptedBody },
            },
        },
        async (request, reply) => {
            const { to: typed, country, id, ttl, ttlS = ttl, ...fields } = request.body;
            // A registered number that is written as E.164 is that number.
            const to = services.directory.knownRecipient(typed)?.number ?? parseE164(typed, country);
            const caller = callerFor(request, "send", to);
            const draft: Draft = { ...fields, ttlS, to, once: readKey(request.headers["idempotency-key"], id) };
            const appended = await services.intake.accept(caller, draft);
            const { message } = appended;
            metrics.accepted(appended);
            reply.code(202);
            return { id: message.id, to: message.to, state: message.state, sequence: message.sequence };
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
            const receipt = caller && (await services.store.receipts.find(request.params.id, rangeOf(caller.pattern)));
            if (receipt === undefined || !permits(caller!, "receipt", receipt.to)) {
                throw new GatewayError(
                    "unknown_message",
                    "There is no such message, or it ended too long ago: look for a typing error in its id.",
                );
            }
            const history = receipt.history.map(({ state, atMs, why }) => ({ state, at: isoTime(atMs), why }));
            return { ...receipt, history };
        },
    );
}

/** The idempotency key: a header or the body's "id". @throws GatewayError invalid_request */
function readKey(header: string | string[] | undefined, id: string | undefined): string | undefined {
    if (header !== undefined && id !== undefined && header !== id) {
        throw new GatewayError("invalid_request", 'The header Idempotency-Key and "id" differ: send one of them.');
    }
    return header === undefined ? id : String(header);
}
