import type { FastifyReply, FastifyRequest } from "fastify";
import { type ErrorBody, STATUS } from "./errors.ts";
import type { Server } from "./typed-server.ts";

/** Answers 404 to a path without a route, and 405 with Allow to a path that lacks only the method (RFC 9110 §15.5.6). Call it before adding routes. */
export function answerUnknownRoutes(server: Server): void {
    const methodsOf = new Map<string, Set<string>>(); // by the pattern of a path, as a regular expression
    server.addHook("onRoute", ({ url, method }) => {
        const pattern = `^${url.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`;
        const known = methodsOf.get(pattern) ?? new Set();
        methodsOf.set(pattern, known);
        for (const name of [method].flat()) known.add(name);
    });
    server.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply): ErrorBody => {
        const [path = ""] = request.url.split("?", 1);
        const [, known] = [...methodsOf].find(([pattern]) => new RegExp(pattern).test(path)) ?? [];
        if (known === undefined) {
            void reply.code(STATUS.unknown_route);
            return { error: { code: "unknown_route", message: "No such path: GET /v1/openapi.json lists them." } };
        }
        const allowed = [...known].sort().join(", ");
        void reply.code(STATUS.wrong_method).header("Allow", allowed);
        return {
            error: { code: "wrong_method", message: `This path does not take ${request.method}: use ${allowed}.` },
        };
    });
}
