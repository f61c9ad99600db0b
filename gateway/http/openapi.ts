import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify from "fastify";
import { ErrorReply } from "./schemas.ts";
import type { Server } from "./typed-server.ts";

/**
 * Adds GET /v1/openapi.json. The document is made when it is first asked for, of a server that has the same routes and never listens: what
 * makes it takes some megabytes of memory.
 */
export function addOpenapi(server: Server, version: string, addRoutes: (server: Server) => void): void {
    let made: Promise<string> | undefined;
    const schema = { summary: "This document" };
    server.get("/v1/openapi.json", { config: { open: true }, schema }, async (_request, reply) => {
        made ??= describe(version, (described) => {
            addRoutes(described);
            described.get("/v1/openapi.json", { schema }, () => "");
        });
        reply.type("application/json; charset=utf-8");
        return made;
    });
}

async function describe(version: string, addRoutes: (server: Server) => void): Promise<string> {
    const { default: swagger } = await import("@fastify/swagger");
    const server: Server = fastify().withTypeProvider<TypeBoxTypeProvider>();
    server.setValidatorCompiler(() => () => true); // it answers nobody
    server.setSerializerCompiler(() => JSON.stringify);
    server.addHook("onRoute", (route) => {
        if (route.schema === undefined) return;
        route.schema = {
            ...route.schema,
            response: { ...(route.schema.response as object), "4xx": ErrorReply, "5xx": ErrorReply },
        };
    });
    await server.register(swagger, {
        openapi: {
            openapi: "3.1.0",
            info: { title: "Toque", description: "Push messages to phone numbers.", version },
            components: {
                securitySchemes: {
                    token: { type: "http", scheme: "bearer", description: "Or Basic: any user, the token as password" },
                },
            },
        },
    });
    addRoutes(server);
    await server.ready();
    return JSON.stringify(server.swagger());
}
