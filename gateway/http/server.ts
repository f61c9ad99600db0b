import type { Socket } from "node:net";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify from "fastify";
import { GatewayError } from "../error.ts";
import { notLogged } from "../log.ts";
import { addressOf, registerCallers } from "./callers.ts";
import { answerClientError } from "./client-error.ts";
import { addCodeRoutes } from "./code-routes.ts";
import { ANSWER_HEADERS, createErrorHandler } from "./errors.ts";
import { readJsonBodies } from "./json-body.ts";
import { addMessageRoutes } from "./message-routes.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { answerUnknownRoutes } from "./not-found.ts";
import { addNumberRoutes } from "./number-routes.ts";
import { addOpenapi } from "./openapi.ts";
import { pacePipelines } from "./pipelines.ts";
import type { Services } from "./services.ts";
import { addStatusRoutes } from "./status-routes.ts";
import { BoundedSockets } from "../limits/bounded-sockets.ts";
import { addTokenRoutes } from "./token-routes.ts";
import { Turns } from "../limits/turns.ts";
import type { Server } from "./typed-server.ts";

/** Octets of a request's body: a push of 4,096 octets, each written as \u00xx, and some room. */
const BODY_OCTETS = 32 * 1024;
/** Requests that are begun in one turn of the event loop. At some 0.1 ms each, what else came in that turn waits for a few of them. */
const REQUESTS_A_TURN = 16;
/** Time for a whole request to arrive, and for a connection to stay idle. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 15_000;
const LATE_EVERY_MS = 1_000;
/** Connections that have shown no token yet, of each address; those that have, of each token; and all, with some room. */
const WITHOUT_TOKEN = { all: 1_000, perClient: 1_000 };
const WITH_TOKEN = { all: 1_900, perClient: 500 };
const MAX_CONNECTIONS = 3_000;

/** Makes the HTTP server, not yet listening. The routes' schemas check the requests and make /v1/openapi.json. */
export function createServer(services: Services): Server {
    const { log } = services;
    const onError = createErrorHandler(log);
    const server: Server = fastify({
        bodyLimit: BODY_OCTETS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
        http: {
            connectionsCheckingInterval: LATE_EVERY_MS, // how often Node looks for late requests; its default is 30 s
            requireHostHeader: false, // Node would answer without a body
        },
        forceCloseConnections: "idle",
        return503OnClosing: false, // requests that arrive while closing are answered as always, then their connection ends
        ajv: {
            customOptions: {
                removeAdditional: false,
                coerceTypes: false,
                useDefaults: false,
                allErrors: false,
                allowUnionTypes: true,
            },
        },
        clientErrorHandler: (error, socket) => answerClientError(error, socket, log),
        frameworkErrors: (error, request, reply) => void reply.send(onError(error, request, reply) as never),
    }).withTypeProvider<TypeBoxTypeProvider>();
    server.server.maxConnections = MAX_CONNECTIONS;
    pacePipelines(server.server);
    const unauthenticated = new BoundedSockets<Socket>(WITHOUT_TOKEN, (oldest) => void oldest.destroy());
    const authenticated = new BoundedSockets<Socket>(WITH_TOKEN, (idlest) => void idlest.destroy());
    server.server.on("connection", (socket: Socket) => {
        unauthenticated.add(socket, addressOf(socket));
        socket.once("close", () => {
            unauthenticated.delete(socket);
            authenticated.delete(socket);
        });
    });

    server.setErrorHandler(onError);
    server.setSerializerCompiler(() => JSON.stringify); // the types of the answers are checked when this is built
    answerUnknownRoutes(server);

    const metrics = createMetrics(services);
    const turns = new Turns(REQUESTS_A_TURN);
    server.addHook("onRequest", (request, reply, done) => {
        reply.headers(ANSWER_HEADERS);
        turns.take(request.raw.socket, addressOf, done);
    });
    const logsRequests = log.info !== notLogged;
    server.addHook("onResponse", (request, reply, done) => {
        const route = request.routeOptions.url ?? "none";
        const { statusCode: status, elapsedTime } = reply;
        metrics.answered(request.method, route, status, elapsedTime / 1000);
        if (logsRequests) {
            // The pattern is logged and not the path, which may hold a number.
            const { method, id: requestId, caller } = request;
            const ms = Math.round(elapsedTime);
            log.info({ requestId, method, path: route, status, tokenId: caller?.id, ms }, "request");
        }
        done();
    });
    server.addHook("onRequest", (request, reply, done) => {
        if (request.raw.httpVersion === "1.1" && request.headers.host === undefined) {
            reply.header("Connection", "close"); // RFC 9112 §3.2
            return done(new GatewayError("invalid_request", "The request has no header Host: HTTP/1.1 wants one."));
        }
        done();
    });
    registerCallers(server, services.tokens);
    readJsonBodies(server);
    server.addHook("onRequest", (request, _reply, done) => {
        const { caller } = request;
        const { socket } = request.raw;
        if (caller !== undefined && !socket.destroyed) {
            unauthenticated.delete(socket);
            authenticated.add(socket, caller.id);
        }
        done();
    });
    addRoutes(server, services, metrics);
    addOpenapi(server, services.version, (described) => addRoutes(described, services, metrics));
    return server;
}

function addRoutes(server: Server, services: Services, metrics: Metrics): void {
    addMessageRoutes(server, services, metrics);
    addNumberRoutes(server, services);
    addCodeRoutes(server, services);
    addTokenRoutes(server, services);
    addStatusRoutes(server, services, metrics);
}
