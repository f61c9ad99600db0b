import type { FastifyRequest } from "fastify";
import { GatewayError } from "../error.ts";
import type { E164 } from "../number.ts";
import { type Action, type Caller, type Tokens, permits } from "../directory/tokens.ts";
import type { Server } from "./server.ts";

declare module "fastify" {
    interface FastifyRequest {
        caller: Caller | undefined;
    }
    interface FastifyContextConfig {
        /** answered without a token */
        open?: boolean;
    }
}

const NO_TOKEN = 'There is no token: send the header "Authorization: Bearer <token>".';
const UNKNOWN_TOKEN = "This token is not known here: look for a typing error, or ask for a new one.";
const NO_RIGHT = "This token has no right to do that: ask for one that has.";

/** Looks at the token before the body is read. Routes answer to nobody without one, but for those marked `open`. */
export function registerCallers(server: Server, tokens: Tokens): void {
    server.decorateRequest("caller", undefined);
    server.addHook("onRequest", async (request) => {
        if (request.is404 || request.routeOptions.config.open === true) return;
        request.caller = await authenticate(request.headers.authorization, tokens);
    });
}

async function authenticate(header: string | undefined, tokens: Tokens): Promise<Caller> {
    const token = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(header ?? "")?.[1];
    if (token === undefined) throw new GatewayError("unauthorized", NO_TOKEN);
    const caller = await tokens.authenticateToken(token);
    if (caller === undefined) throw new GatewayError("unauthorized", UNKNOWN_TOKEN);
    return caller;
}

/**
 * Who asks, if they may. Called before anything is looked up, so that an answer to somebody without the right depends on
 * the token and the number alone, never on whether the number is known.
 * @param number without one: the right for every number is needed
 * @throws GatewayError("forbidden")
 */
export function callerFor(request: FastifyRequest, action: Action, number?: E164): Caller {
    const { caller } = request;
    if (caller === undefined) throw new GatewayError("unauthorized", NO_TOKEN);
    if (!permits(caller, action, number)) throw new GatewayError("forbidden", NO_RIGHT);
    return caller;
}
