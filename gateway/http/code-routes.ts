import { GatewayError } from "../error.ts";
import { parseE164 } from "../number.ts";
import { callerFor } from "./callers.ts";
import { Shares } from "../limits/shares.ts";
import { AddCodeBody, AddedCodeBody } from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

/** Codes that a channel may send at the same time: each may be a program that runs for 30 s. */
const MAX_SENDING = 8;

/** POST /v1/codes: one-time codes with which a board takes a number. */
export function addCodeRoutes(server: Server, services: Services): void {
    const { directory, channel } = services;
    const sending = new Shares({ atOnce: MAX_SENDING, most: MAX_SENDING, things: "codes" });
    server.post(
        "/v1/codes",
        {
            schema: {
                summary: "Make a one-time code and send it to the number's owner",
                description: 'With the channel "print" the answer holds the code: the caller hands it over.',
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
            const make = () => directory.createCode(number, { keepBacklog });
            const send = async () => {
                const made = await make(); // made only once there is room to send it, because each code counts against the number
                await channel?.send({ number, ...made });
                return { ...made, code: undefined };
            };
            const { code, expiresMs } = wanted === "print" ? await make() : await sending.run("channel", send);
            reply.code(201);
            return { number, code, expires: isoTime(expiresMs), channel: wanted };
        },
    );
}
