import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, {
    type FastifyBaseLogger,
    type FastifyInstance,
    type FastifyRequest,
    type RawReplyDefaultExpression,
    type RawRequestDefaultExpression,
    type RawServerDefault,
} from "fastify";
import { createCalmLog } from "../system/calm-log.ts";
import { networkOf } from "../limits/client-key.ts";
import { registerCallers } from "./callers.ts";
import { answerClientError } from "./client-error.ts";
import { addCodeRoutes } from "./code-routes.ts";
import { ANSWER_HEADERS, STATUS, createErrorHandler } from "./errors.ts";
import { parseJsonBody } from "./json-body.ts";
import { addMessageRoutes } from "./message-routes.ts";
import { createMetrics } from "./metrics.ts";
import { addNumberRoutes } from "./number-routes.ts";
import { ErrorReply } from "./schemas.ts";
import type { Services } from "./services.ts";
import { addStatusRoutes } from "./status-routes.ts";
import { Strangers } from "../limits/unauthenticated-sockets.ts";
import { addTokenRoutes } from "./token-routes.ts";
import { Turns } from "../limits/turns.ts";

/** Octets of a request's body: a push of 4,096 octets, each written as \u00xx, and some room. */
const BODY_OCTETS = 32 * 1024;
/** A request has to be here, whole, within this time; a connection may stay idle for the other. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 15_000;
const LATE_EVERY_MS = 1_000;
/** Connections on which nobody with a token has asked for anything, and all of them. */
const MAX_STRANGERS = 1_000;
const MAX_CONNECTIONS = 3_000;

export type Server = FastifyInstance<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    FastifyBaseLogger,
    TypeBoxTypeProvider
>;

/** The HTTP interface, not yet listening. The schemas of its routes are both what checks a request and what /v1/openapi.json shows. */
export async function createServer(services: Services): Promise<Server> {
    const { log } = services;
    const calm = createCalmLog(log, services.timers);
    const onError = createErrorHandler(log);
    const server: Server = fastify({
        bodyLimit: BODY_OCTETS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
        http: { connectionsCheckingInterval: LATE_EVERY_MS }, // how often the time is looked at; else every 30 s
        forceCloseConnections: "idle",
        return503OnClosing: false, // what still comes in while closing is answered as ever, then the connection ends
        ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
        clientErrorHandler: (error, socket) => answerClientError(error, socket, calm),
        frameworkErrors: (error, request, reply) => void reply.send(onError(error, request, reply) as never),
    }).withTypeProvider<TypeBoxTypeProvider>();
    server.server.maxConnections = MAX_CONNECTIONS;
    const strangers = new Strangers(server.server, MAX_STRANGERS);

    server.removeAllContentTypeParsers();
    server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
        try {
            done(null, parseJsonBody(body as Buffer));
        } catch (error) {
            done(error as Error);
        }
    });
    server.setErrorHandler(onError);
    server.setNotFoundHandler((_request, reply) => {
        const message = "There is no such address, or not with this method: GET /v1/openapi.json lists them all.";
        void reply.code(STATUS.unknown_route).send({ error: { code: "unknown_route", message } });
    });

    const metrics = createMetrics(services);
    const turns = new Turns();
    server.addHook("onRequest", (request, reply, done) => {
        void reply.headers(ANSWER_HEADERS);
        const { socket } = request.raw;
        turns.take(networkOf(socket.remoteAddress ?? ""), socket, done);
    });
    server.addHook("onResponse", async (request, reply) => {
        const route = request.routeOptions.url ?? "none";
        const { method, id: requestId } = request;
        const { statusCode: status, elapsedTime } = reply;
        metrics.answered(method, route, status, elapsedTime / 1000);
        // Whoever has no token must not fill the disk. The route's pattern and never the address, which may have a number in it.
        (request.caller === undefined ? calm : log).info(
            { requestId, method, path: route, status, tokenId: callerId(request), ms: Math.round(elapsedTime) },
            "request",
        );
    });
    server.addHook("onClose", async () => calm.flush());
    server.addHook("onRoute", (route) => {
        if (route.schema === undefined) return;
        route.schema.response = { ...(route.schema.response as object), "4xx": ErrorReply, "5xx": ErrorReply };
    });
    await server.register(swagger, {
        openapi: {
            openapi: "3.1.0",
            info: { title: "Toque", description: "Push messages to phone numbers.", version: services.version },
            components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        },
    });

    registerCallers(server, services.tokens);
    server.addHook("onRequest", async (request) => {
        if (request.caller !== undefined) strangers.known(request.raw.socket);
    });
    addMessageRoutes(server, services, metrics);
    addNumberRoutes(server, services);
    addCodeRoutes(server, services);
    addTokenRoutes(server, services);
    addStatusRoutes(server, services, metrics);
    return server;
}

function callerId(request: FastifyRequest): string | undefined {
    return request.caller?.id;
}
