import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import { GatewayError } from "../error.ts";
import { clientKey } from "../limits/client-key.ts";
import type { E164 } from "../number.ts";
import { type Action, type Tokens, permits } from "../directory/tokens.ts";
import type { Caller } from "../token.ts";
import type { Server } from "./typed-server.ts";

declare module "fastify" {
    interface FastifyRequest {
        caller: Caller | undefined;
    }
    interface FastifyContextConfig {
        /** true: the route needs no token */
        open?: boolean;
    }
}

const NO_TOKEN = 'The request has no token: send the header "Authorization: Bearer <token>".';
const UNKNOWN_TOKEN = "The gateway does not know this token: look for a typing error, or ask for a new one.";
const NO_RIGHT = "This token does not permit that: ask for one that does.";

/** Authenticates each request before its body is read. Routes marked `open` need no token. */
export function registerCallers(server: Server, tokens: Tokens): void {
    server.decorateRequest("caller", undefined);
    server.addHook("onRequest", (request, _reply, done) => {
        if (request.is404 || request.routeOptions.config.open === true) return done();
        const token = readToken(request.headers);
        if (token === undefined) return done(new GatewayError("unauthorized", NO_TOKEN));
        request.caller = tokens.knownCaller(token);
        if (request.caller !== undefined) return done();
        tokens.authenticateToken(token).then((caller) => {
            request.caller = caller;
            done(caller === undefined ? new GatewayError("unauthorized", UNKNOWN_TOKEN) : undefined);
        }, done);
    });
}

const BEARER = /^Bearer +([\x21-\x7e]{1,200})$/i;

/** Whose connection it is, as limits count them. */
export function addressOf(socket: Socket): string {
    return clientKey(socket.remoteAddress ?? "");
}

/** A bearer token, or Basic's password with any user. A browser sends Basic by itself, whatever page asks, so what a page asks needs Bearer. */
function readToken({ authorization = "", origin }: IncomingHttpHeaders): string | undefined {
    const bearer = BEARER.exec(authorization)?.[1];
    if (bearer !== undefined || origin !== undefined) return bearer;
    const basic = /^Basic +([\w+/=-]{1,400})$/i.exec(authorization)?.[1];
    if (basic === undefined) return undefined;
    const password = Buffer.from(basic, "base64")
        .toString()
        .replace(/^[^:]*:/, "");
    return BEARER.exec(`Bearer ${password}`)?.[1];
}

/**
 * Returns the caller if its token permits the action. Call this before looking anything up: without the right, the answer
 * then depends on the token and the number alone, never on whether the number is registered.
 * @param number absent: the token must permit the action for every number
 * @throws GatewayError("forbidden")
 */
export function callerFor(request: FastifyRequest, action: Action, number?: E164): Caller {
    const { caller } = request;
    if (caller === undefined) throw new GatewayError("unauthorized", NO_TOKEN);
    if (!permits(caller, action, number)) throw new GatewayError("forbidden", NO_RIGHT);
    return caller;
}
