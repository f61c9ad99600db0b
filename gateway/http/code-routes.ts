import { GatewayError } from "../error.ts";
import { parseE164 } from "../number.ts";
import { callerFor } from "./callers.ts";
import { AddCodeBody, AddedCodeBody } from "./schemas.ts";
import type { Server } from "./server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

/** POST /v1/codes: one-time codes with which a board takes a number. */
export function addCodeRoutes(server: Server, services: Services): void {
    const { directory, channel } = services;
    server.post(
        "/v1/codes",
        {
            schema: {
                summary: "Make a one-time code and send it to whoever holds the number",
                description: 'With the channel "print" the code is in the answer, to be handed over by whoever asked.',
                security: [{ token: [] }],
                body: AddCodeBody,
                response: { 201: AddedCodeBody },
            },
        },
        async (request, reply) => {
            const { number: typed, country, keepBacklog } = request.body;
            const number = parseE164(typed, country);
            callerFor(request, "manage", number);
            const wanted = request.body.channel ?? channel?.name ?? "print";
            if (wanted !== "print" && wanted !== channel?.name) {
                throw new GatewayError(
                    "invalid_request",
                    `The channel "${wanted}" is not set up here: start the gateway with --codes-${wanted}, or ask for "print".`,
                );
            }
            const { code, expiresMs } = await directory.createCode(number, { keepBacklog });
            if (wanted !== "print") await channel?.send({ number, code, expiresMs });
            reply.code(201);
            const expires = isoTime(expiresMs);
            return { number, code: wanted === "print" ? code : undefined, expires, channel: wanted };
        },
    );
}
