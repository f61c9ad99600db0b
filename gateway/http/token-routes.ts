import { GatewayError } from "../error.ts";
import { callerFor } from "./callers.ts";
import { AddTokenBody, AddedTokenBody, IdPath, RemovedTokenBody, TokenListBody } from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

const security = [{ token: [] }];

/** API tokens: make, list, revoke. Admins only. */
export function addTokenRoutes(server: Server, { tokens, clock }: Services): void {
    server.post(
        "/v1/tokens",
        {
            schema: {
                summary: "Make a token. It is shown in this answer only",
                security,
                body: AddTokenBody,
                response: { 201: AddedTokenBody },
            },
        },
        async (request, reply) => {
            callerFor(request, "manage");
            const { role, pattern = "*", label } = request.body;
            const { id, token } = await tokens.createToken(role, pattern, label);
            reply.code(201);
            return { id, token, role, pattern, label, created: isoTime(clock.nowMs()) };
        },
    );

    server.get(
        "/v1/tokens",
        { schema: { summary: "List the tokens, without their secrets", security, response: { 200: TokenListBody } } },
        async (request) => {
            callerFor(request, "manage");
            const found = await tokens.listTokens();
            return {
                tokens: found.map(({ id, role, pattern, label, createdMs }) => {
                    return { id, role, pattern, label, created: isoTime(createdMs) };
                }),
            };
        },
    );

    server.delete(
        "/v1/tokens/:id",
        { schema: { summary: "Revoke a token", security, params: IdPath, response: { 200: RemovedTokenBody } } },
        async (request) => {
            callerFor(request, "manage");
            const { id } = request.params;
            if (!(await tokens.revokeToken(id))) {
                throw new GatewayError(
                    "invalid_request",
                    'No token has this id: GET /v1/tokens or "toque token list" lists them.',
                );
            }
            return { id, removed: true };
        },
    );
}
